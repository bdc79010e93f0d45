import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatFiredAt } from '../../../layers/backup/instant.ts';
import { readCluster } from '../../../layers/catalog/read-cluster.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { parseBaseVerdict } from '../../../layers/wal/base-verdict.ts';
import type { Cluster } from '../../../layers/wal/cluster.ts';
import { baseKey } from '../../../layers/wal/keys.ts';
import { pgvouch, variablesOf } from '../../support/servers/command-line.ts';
import type { TestPostgres } from '../../support/servers/postgres.ts';
import { startStoredCluster, storeWal } from '../../support/world/stored-cluster.ts';
import { freshVault } from '../../support/world/world-vault.ts';

let vault: Vault;
let cluster: Cluster;
let postgres: TestPostgres;
let env: Record<string, string>;
/** As in its key. */
let base: string;

beforeAll(async () => {
  ({ vault } = await freshVault());
  const stored = await startStoredCluster(vault);
  ({ postgres, cluster } = stored);
  env = { ...variablesOf(vault, postgres.target), SCRATCH_POSTGRES_DIR: embeddedPostgres(), SCRATCH_CACHE_DIR: '' };
  await postgres.sql('postgres', 'INSERT INTO rows VALUES (1)');
  await storeWal(vault, cluster, stored.server);
  const { bases } = await readCluster(vault, cluster);
  base = formatFiredAt(bases[0]?.startedAt ?? new Date(0));
});
afterAll(() => postgres?.end());

test('verify --cluster recovers with the newest base backup, prints the verdict, and records it', async () => {
  const verified = await pgvouch(env, 'verify', '--cluster', cluster.systemIdentifier);
  expect(verified).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(
      new RegExp(`^base backup ${base} of cluster ${cluster.systemIdentifier}: restorable, in .*; recovery took`),
    ),
  });
  expect(verified.stdout).toContain('Recovered to 0/');
  const key = baseKey(vault.prefix, { systemIdentifier: cluster.systemIdentifier, startedAt: new Date(0) });
  const folder = key.replace(/[^/]+\/base\.json$/, `${base}/`);
  const written = `${folder}verdict-restorable.json`;
  expect(parseBaseVerdict((await vault.getText(written)) ?? '', written)).toMatchObject({ verdict: 'restorable' });

  const again = await pgvouch({ ...env, DRILL: 'off' }, 'verify', base, '--cluster', cluster.systemIdentifier);
  expect(again).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/restorable.*That was proved before\. This time it is only readable:\n {2}No rec/s),
  });
});

test('verify --cluster says which base backups there are if the one that is named is not', async () => {
  const verify = (...words: string[]) => pgvouch(env, 'verify', ...words);
  expect(await verify('2020-01-01T00-00-00Z', '--cluster', cluster.systemIdentifier)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(`the cluster has ${base}`),
  });
  expect(await verify('--cluster', '1')).toMatchObject({ exitCode: 2 });
  expect(await verify('--cluster', '1', '--all-unverified')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('--cluster goes with neither'),
  });
});
