import { expect, test } from 'vitest';
import { pgvouch, variablesOf } from '../../support/servers/command-line.ts';
import { deviationsFrom } from '../../support/status/api-description.ts';
import { storeSampleCluster } from '../../support/world/sample-cluster.ts';
import { WAL_CLUSTER } from '../../support/world/wal-listing.ts';
import { sharedPostgres } from '../../support/world/world.ts';
import { freshVault } from '../../support/world/world-vault.ts';

const hoursAgo = (hours: number) => new Date(Math.floor(Date.now() / 1000 - hours * 3600) * 1000);

test('status says to which moments each server can be recovered, and what would be lost', async () => {
  const { vault } = await freshVault();
  const env = variablesOf(vault, (await sharedPostgres()).target);
  expect(await pgvouch(env, 'status')).toMatchObject({
    exitCode: 0,
    stdout: `no cluster's WAL is stored in ${vault.bucket}/pgvouch/\n`,
  });

  const startedAt = hoursAgo(20);
  const bases = [
    { startedAt, segment: 1, verdict: 'restorable' as const },
    { startedAt: hoursAgo(2), segment: 4 },
  ];
  // Segment 3 is missing.
  await storeSampleCluster(vault, { segments: [1, 2, 4, 5], bases });
  const other = '7000000000000000001';
  await storeSampleCluster(vault, { systemIdentifier: other, serverName: 'crm', segments: [1], bases: [] });

  const { exitCode, stdout } = await pgvouch(env, 'status');
  expect(exitCode).toBe(0);
  const [crm = '', db = ''] = stdout.split('\n\n');
  expect(crm.split('\n')[0]).toBe(`crm (${other})`);
  expect(crm).toContain('nothing: no base backup has the WAL that it needs');
  expect(crm).toMatch(/last proved +never/);
  const stamp = startedAt.toISOString().slice(0, 14).replace('T', ' ');
  expect(db).toMatch(
    new RegExp(`can go back to +any second from ${stamp}.* UTC, then WAL is missing\n +any second from`),
  );
  expect(db).toMatch(/RPO now +at most \d+ s\n/);
  expect(db).toMatch(/last proved +\d{4}-\d\d-\d\d \d\d:\d\d UTC, \d+ s ago\n/);
  expect(db).toMatch(/gaps +0\/300000 to 0\/400000\n/);
  expect(db).toMatch(/slot +pgvouch kept 1\.0 MB of at most 20\.0 GB/);

  const json = await pgvouch(env, 'status', '--cluster', 'db', '--json');
  const [only, ...none] = JSON.parse(json.stdout);
  expect(deviationsFrom('ClusterWindows', only)).toEqual([]);
  expect(none).toEqual([]);
  expect(only).toMatchObject({
    ...{ systemIdentifier: WAL_CLUSTER, server: 'db', timeline: 1, archivedTo: '0/600100', lagBytes: 0 },
    windows: [{ endsInGap: true }, { endsInGap: false }],
    gaps: [{ from: '0/300000', to: '0/400000', open: false }],
    slot: { name: 'pgvouch', state: 'held', retainedBytes: 1024 * 1024 + 0x100 },
  });
  expect(only.rpoSeconds).toBeLessThan(60);

  expect(await pgvouch(env, 'status', '--cluster', 'shop')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('there are the clusters'),
  });
});
