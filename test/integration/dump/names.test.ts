import { expect, test } from 'vitest';
import { manifestKey, parseKey } from '../../../layers/backup/keys.ts';
import { nameOf, world } from '../../support/world/world.ts';

test.each([
  'with  spaces ',
  `quoted "twice" and 'once'`,
  'back\\slash',
  'sla/shes/../and/more',
  'key=value',
  `dbname=postgres host='127.0.0.1'`,
  'postgres://nobody@127.0.0.1:1/postgres',
  'Ünïcode 🐘 データ',
  `${'é'.repeat(31)}x`,
  '-c',
  '..',
  '%2F+!25&?#',
  'manifest.json',
  '$HOME `id` $(id)',
])('a database called %j is dumped and verified', async (database) => {
  const here = await world({ database });
  await here.sql('CREATE TABLE here AS SELECT 1 AS id');
  const manifest = await here.dump();
  expect(manifest).toMatchObject({ database, tables: [{ schema: 'public', name: 'here', rows: 1 }] });
  const key = manifestKey(here.vault.prefix, nameOf(manifest));
  expect(await here.keys()).toContain(key);
  expect(parseKey(here.vault.prefix, key)).toMatchObject({ kind: 'manifest', database });
  expect(await here.verify(manifest)).toMatchObject({ verdict: 'readable' });
});

test('an unknown database is a clear error, whatever its name could mean', async () => {
  const here = await world();
  for (const name of ['nowhere', 'dbname=postgres', 'postgresql:///postgres']) {
    await expect(here.dump(name)).rejects.toMatchObject({
      name: 'DumpError',
      problem: expect.stringContaining('does not exist'),
      hint: expect.stringContaining('POSTGRES_DB'),
    });
  }
  expect(await here.keys()).toEqual([]);
});
