import { createHash } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import { clearWorlds, sharedPostgres, type World, type WorldOptions, world } from '../../support/world/world.ts';

afterAll(clearWorlds);

const postgres = await sharedPostgres();
const HOURS_48 = { sharedGlobalsMs: 48 * 3_600_000 };

/** Two databases of the server with one vault, each dumped by the same firing. */
async function pair(options: WorldOptions = {}) {
  const one = await world({ ...options, postgres });
  const two = await world({ postgres, vault: one.vault });
  const firedAt = new Date();
  const dump = ({ dump: dumpOf, database }: World, changes = {}) =>
    dumpOf(database, { firedAt, ...HOURS_48, ...changes });
  return { one, two, dump, globals: async () => (await one.keys()).filter((key) => key.endsWith('.sql')) };
}

/** The globals that a manifest names, which must be what it says. */
async function globalsOf({ vault }: World, { globals }: Manifest): Promise<string> {
  const sql = (await vault.getText(globals.key)) ?? '';
  const sha256 = createHash('sha256').update(sql).digest('hex');
  expect(globals).toMatchObject({ sizeBytes: Buffer.byteLength(sql), sha256 });
  return sql;
}

test('the globals of a firing are dumped and stored once, and each of its backups is whole with them', async () => {
  const { one, two, dump, globals } = await pair();
  const manifests = [await dump(one), await dump(two)] as const;
  const [first, second] = manifests;
  expect(second.globals).toEqual(first.globals);
  expect(await globals()).toEqual([first.globals.key]);
  const { systemIdentifier } = first.server;
  expect(first.globals.key).toMatch(new RegExp(`^pgvouch/\\.globals/${systemIdentifier}/[^/]+Z/globals-`));
  expect(await globalsOf(one, first)).toContain('CREATE ROLE postgres');
  for (const manifest of manifests) expect(await one.verify(manifest)).toMatchObject({ verdict: 'readable' });

  await one.vault.remove(first.globals.key);
  for (const manifest of manifests) {
    await expect(one.verify(manifest, true)).rejects.toThrow('The globals are missing.');
  }
});

test('a role that changes between two dumps of a firing is in the globals of the second', async () => {
  const { one, two, dump, globals } = await pair();
  const first = await dump(one);
  await two.sql(`CREATE ROLE came_between; ALTER ROLE came_between SET work_mem = '8MB'`);
  const second = await dump(two);
  expect(await globals()).toHaveLength(2);
  expect(await globalsOf(one, first)).not.toContain('came_between');
  expect(await globalsOf(two, second)).toContain('CREATE ROLE came_between');

  for (const [day, change] of [
    `ALTER ROLE came_between PASSWORD 'secret'`,
    'GRANT pg_monitor TO came_between',
    `ALTER ROLE came_between SET work_mem = '9MB'`,
    `COMMENT ON ROLE came_between IS 'hello'`,
    'GRANT SET ON PARAMETER log_statement TO came_between',
  ].entries()) {
    const [before, firedAt] = [await globals(), new Date(Date.UTC(2026, 0, 1 + day))];
    await dump(one, { firedAt });
    await two.sql(change);
    await dump(two, { firedAt });
    expect((await globals()).length - before.length, change).toBe(2);
  }
});

test('a role that may not read passwords shares globals with its like only', async () => {
  const { one, two, dump, globals } = await pair();
  await one.sql(`CREATE ROLE reader LOGIN PASSWORD 'x'`);
  const target = { user: 'reader', password: 'x' };
  const [first, second] = [await dump(one, { target }), await dump(two, { target })];
  expect(second.globals).toEqual(first.globals);
  expect(first.globals).toMatchObject({ rolePasswords: false });
  expect(await globalsOf(one, first)).not.toContain('PASSWORD');
  expect(await dump(await world({ postgres, vault: one.vault }))).toMatchObject({ globals: { rolePasswords: true } });
  expect(await globals()).toHaveLength(2);
});

test('globals that the sweep may soon take are not named by another backup', async () => {
  const { one, two, dump, globals } = await pair();
  const first = await dump(one);
  // Shorter than the dump may take.
  const second = await dump(two, { sharedGlobalsMs: 60_000 });
  expect(second.globals.key).not.toBe(first.globals.key);
  expect(await globals()).toHaveLength(2);
  await globalsOf(two, second);
});

test('a dump that dies leaves nothing; dumps beside one another each have globals', async () => {
  const { one, two, dump, globals } = await pair({ pgDump: 'pg_dump-dies-midway' });
  await expect(dump(one)).rejects.toMatchObject({ name: 'DumpError' });
  expect(await one.keys()).toEqual([]);
  const three = await world({ postgres, vault: one.vault });
  const both = await Promise.all([dump(two), dump(three)]);
  for (const manifest of both) {
    await globalsOf(one, manifest);
    expect(await globals()).toContain(manifest.globals.key);
    expect(await two.verify(manifest)).toMatchObject({ verdict: 'readable' });
  }
});
