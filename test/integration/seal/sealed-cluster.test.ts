import { afterAll, beforeAll, expect, test } from 'vitest';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { type AgeKeys, ageKeys } from '../../support/world/age-keys.ts';
import { type RecordedCluster, recordCluster } from '../../support/world/recovered-base.ts';

let keys: AgeKeys;
let cluster: RecordedCluster;

beforeAll(async () => {
  keys = await ageKeys();
  cluster = await recordCluster(embeddedPostgres(), 18, false, keys);
});
afterAll(() => cluster?.end());

test('WAL and base backups are sealed, and say nothing', async () => {
  const names = await cluster.files();
  expect(names).toEqual(expect.arrayContaining(['backup_manifest.age', 'base.tar.zst.age', 'base.json']));
  for (const name of names) {
    expect(name).toMatch(/\.age$|\.json$|\.history$/);
  }
  expect(names.some((name) => /^[0-9A-F]{24}\.zst\.age$/.test(name))).toBe(true);
});

test('a server recovers from them: a person gives the identity, and PostgreSQL fetches with it', async () => {
  for (const moment of cluster.moments) await cluster.expectRecovery(moment);
});

test('a table as of a moment comes back', async () => {
  const [first] = cluster.moments;
  await cluster.expectTable(first ?? expect.unreachable());
});

test('aws, age, zstd, tar and cp alone do the same, by what --print prints', async () => {
  const [first] = cluster.moments;
  await cluster.expectStockRecovery(first ?? expect.unreachable());
});

test('a recovery drill proves it, and the proof stands where a later one cannot open it', async () => {
  expect(await cluster.drill()).toMatchObject({ verdict: 'restorable' });
  expect(await cluster.drill({ opens: false })).toMatchObject({ verdict: 'restorable' });
});
