import { afterAll, beforeAll, expect, test } from 'vitest';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { type RecordedCluster, recordCluster } from '../../support/world/recovered-base.ts';

let cluster: RecordedCluster;

beforeAll(async () => {
  cluster = await recordCluster(embeddedPostgres(), 18, true);
});
afterAll(() => cluster?.end());

test('what base and wal have stored is recovered to every moment, from one part or from three', async () => {
  expect(cluster.moments.map(({ parts }) => parts)).toEqual([1, 2, 3, 3]);
  for (const moment of cluster.moments) await cluster.expectRecovery(moment);
});

test('aws, zstd, tar, cp and pg_combinebackup alone do the same, by what --print prints', async () => {
  const [, between] = cluster.moments;
  await cluster.expectStockRecovery(between ?? expect.unreachable('there are several'));
});

test('a recovery drill puts the parts together, and finds the cluster restorable', async () => {
  expect(await cluster.drill()).toMatchObject({ verdict: 'restorable' });
});
