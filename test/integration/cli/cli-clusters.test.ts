import { beforeAll, expect, test } from 'vitest';
import { clusterKey } from '../../../layers/wal/keys.ts';
import { pgvouch, variablesOf } from '../../support/servers/command-line.ts';
import { WAL_CLUSTER, WAL_SEGMENT } from '../../support/world/wal-listing.ts';
import { sharedPostgres } from '../../support/world/world.ts';
import { freshVault } from '../../support/world/world-vault.ts';

let env: Record<string, string>;
let prefix: string;
const NOWHERE = '/tmp/pgvouch-is-never-made';
const OTHER = '7431234567890123457';

/** Two clusters of one server's name, without base backups; and beside them a prefix without clusters. */
beforeAll(async () => {
  const { vault } = await freshVault();
  for (const systemIdentifier of [WAL_CLUSTER, OTHER]) {
    const cluster = { format: 'pgvouch/cluster', formatVersion: 1, systemIdentifier, serverName: 'db' };
    const facts = { segmentSizeBytes: WAL_SEGMENT, major: 18, createdAt: '2026-11-22T01:30:00Z' };
    await vault.put(clusterKey(vault.prefix, systemIdentifier), JSON.stringify({ ...cluster, ...facts }));
  }
  ({ prefix } = vault);
  env = variablesOf(vault, (await sharedPostgres()).target);
});

const toDir = ['restore', '--to-dir', NOWHERE];
const toDatabase = ['restore', '--to', 'postgres://postgres@127.0.0.1:1/copy'];
const ofCluster = ['--cluster', WAL_CLUSTER];

test.each([
  [['restore'], /name one destination: --to, --to-dir or --to-dump/],
  [[...toDir, '--to-dump', '/tmp/shop.dump'], /name one destination/],
  [[...toDir, '--clean', 'shop'], /--clean does not go with --to-dir\n.*--to-dir makes a data directory/],
  [[...toDatabase, ...ofCluster, '--tablespace', '/mnt/a=/mnt/b'], /--tablespace does not go with --to as of a moment/],
  [[...toDatabase, '--tablespace', '/mnt/a=/mnt/b'], /--tablespace does not go with --to\n/],
  [['restore', '--to-dump', '/tmp/shop.dump', '--create'], /--create does not go with --to-dump/],
  [[...toDir, '--tablespace', 'fast'], /the folder as it was, =, and the folder as it is to be/],
  [[...toDir, '--at-lsn', '16B3748'], /a WAL position, such as 0\/16B3748/],
  [[...toDir, '--at-xid', '-1'], /a transaction id/],
  [[...toDir, '--timeline', '0'], /the number of a timeline/],
  [toDir, new RegExp(`there are the clusters ${WAL_CLUSTER} of db, ${OTHER} of db\n.*--cluster <system identifier>`)],
  [[...toDir, '--cluster', 'db'], new RegExp(`choose the cluster db: there are the clusters .*${OTHER} of db\n`)],
  [[...toDir, '--cluster', 'crm'], /choose the cluster crm: there are the clusters/],
  [['status', '--cluster', 'crm'], /choose the cluster crm: there are the clusters/],
  [[...toDir, ...ofCluster], /no base backup of timeline 1 is whole/],
  [['verify', ...ofCluster], /find base backup latest: the cluster has none\n.*npx pgvouch base/],
  [['keep', ...ofCluster, 'latest'], /find base backup latest: the cluster has none/],
])('pgvouch %j is refused, with what to do', async (words, said) => {
  const { exitCode, stderr } = await pgvouch(env, ...words);
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringMatching(said) });
});

test('where there is no cluster, that is said', async () => {
  const none = { ...env, BACKUP_PREFIX: 'empty/' };
  expect(prefix).not.toBe('empty/');
  expect(await pgvouch(none, ...toDir)).toMatchObject({
    ...{ exitCode: 2, stderr: expect.stringMatching(/no cluster's WAL is stored in \S+\/empty\//) },
  });
  expect(await pgvouch(none, 'status')).toMatchObject({
    ...{ exitCode: 0, stdout: expect.stringContaining("no cluster's WAL is stored in") },
  });
});
