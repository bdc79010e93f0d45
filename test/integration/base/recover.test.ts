import { afterAll, beforeAll, expect, test } from 'vitest';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { type RecordedCluster, recordCluster } from '../../support/world/recovered-base.ts';

let cluster: RecordedCluster;

beforeAll(async () => {
  cluster = await recordCluster(embeddedPostgres(), 18, true);
});
afterAll(() => cluster?.end());

test('what base and wal have stored is recovered, from one part and from three', async () => {
  expect(cluster.moments.map(({ parts }) => parts)).toEqual([1, 2, 3, 3]);
  // Every moment is in the long form.
  for (const moment of [0, 3]) await cluster.expectRecovery(cluster.moments[moment] ?? expect.unreachable());
});

test('aws, zstd, tar, cp and pg_combinebackup alone do the same, by what --print prints', async () => {
  const [, between] = cluster.moments;
  await cluster.expectStockRecovery(between ?? expect.unreachable('there are several'));
});

test('a recovery drill puts the parts together, and finds the cluster restorable', async () => {
  expect(await cluster.drill()).toMatchObject({ verdict: 'restorable' });
});
