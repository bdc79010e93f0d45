import { afterAll, beforeAll, expect, test } from 'vitest';
import { adopt, askServer, namedServer } from '../../../functions/by-hand/adopt/adopt.ts';
import { printServer } from '../../../layers/backup/server-identity.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { startCopy } from '../../support/servers/standby.ts';
import { startTcpProxy } from '../../support/servers/tcp-proxy.ts';
import { sharedPostgres, type World, world } from '../../support/world/world.ts';
import { aSecondLater } from '../../support/world/world-retention.ts';

const firedAt = new Date('2026-11-22T02:00:00Z');
const REFUSED = { name: 'ConfigError', problem: expect.stringContaining('another server') };

/** A server, and another that was started from a copy of its files: both write. */
let clone: TestPostgres;
beforeAll(async () => {
  const source = await sharedPostgres();
  await source.sql('postgres', 'CREATE DATABASE shop');
  await source.sql('shop', `CREATE TABLE whose AS SELECT 'production'::text AS w`);
  clone = await startCopy(source);
  await clone.sql('shop', `UPDATE whose SET w = 'staging'`);
}, 120_000);
afterAll(() => clone?.end());

/** A vault with one backup of the source. */
async function backedUp(): Promise<World> {
  const source = await sharedPostgres();
  // The database is there already.
  const here = await world({ postgres: { ...source, createDatabase: async () => {} }, database: 'shop' });
  await here.dump('shop', { firedAt });
  return here;
}

test('a clone that fires in the same second is refused, whatever it is called; the source is not', async () => {
  const here = await backedUp();
  const keys = await here.keys();
  await expect(here.dump('shop', { firedAt, target: clone.target })).rejects.toMatchObject({
    ...REFUSED,
    problem: expect.stringContaining('clone'),
  });
  // Named as its source, as with a copied environment: that it was running then tells.
  const { host, port } = here.postgres.target;
  const asSource = { ...clone.target, serverName: `${host}:${port}` };
  await expect(here.dump('shop', { firedAt, target: asSource })).rejects.toMatchObject(REFUSED);
  expect(await here.keys()).toEqual(keys);
  expect(await here.dump('shop', { firedAt })).toMatchObject({ archive: { key: keys[0] } });
});

test('at another second the clone is refused too, and so is a second server of the same database name', async () => {
  const here = await backedUp();
  const keys = await here.keys();
  await expect(here.dump('shop', { target: clone.target })).rejects.toMatchObject(REFUSED);
  const other = await startTestPostgres();
  try {
    await other.createDatabase('shop');
    await expect(here.dump('shop', { target: other.target })).rejects.toMatchObject({
      ...REFUSED,
      problem: expect.stringContaining('system identifier'),
    });
  } finally {
    await other.end();
  }
  expect(await here.keys()).toEqual(keys);
});

test('a server that overtakes while another dumps: only one of them is in the catalog', async () => {
  const fresh = await world();
  await clone.sql('postgres', `CREATE DATABASE "${fresh.database}"`);
  let overtaken: Promise<unknown> | undefined;
  const slow = fresh.dump(undefined, {
    onStep: async () => {
      overtaken ??= fresh.dump(undefined, { firedAt, target: clone.target });
      await overtaken;
    },
  });
  await expect(slow).rejects.toMatchObject(REFUSED);
  expect((await fresh.keys()).filter((key) => key.endsWith('manifest.json'))).toHaveLength(1);
});

test('the same process at another address, and a role that may not read the identifier, are no other server', async () => {
  const here = await backedUp();
  const { host, port } = here.postgres.target;
  const proxy = await startTcpProxy(port);
  try {
    const manifest = await here.dump('shop', { target: { host: '127.0.0.1', port: proxy.port } });
    expect(manifest.server).toMatchObject({ name: `127.0.0.1:${proxy.port}`, timeline: 1 });
  } finally {
    await proxy.end();
  }
  const reader = { user: `reader_${Date.now()}`, password: 'x' };
  // The privileges of this database alone; the role is of the whole server.
  const restrict = `REVOKE EXECUTE ON FUNCTION pg_control_system(), pg_current_wal_flush_lsn() FROM PUBLIC;
    CREATE ROLE ${reader.user} LOGIN PASSWORD 'x'; GRANT pg_read_all_data TO ${reader.user}`;
  await here.sql(restrict);
  const unread = await here.dump('shop', { firedAt: new Date(Date.now() + 5_000), target: reader });
  expect(unread.server).toMatchObject({ systemIdentifier: null, name: `${host}:${port}` });
  expect(unread.server).not.toHaveProperty('timeline');
  // Two unknown identifiers are not equal: the clone has the same restrictions, and another address.
  await clone.sql('shop', restrict);
  await expect(here.dump('shop', { target: { ...clone.target, ...reader } })).rejects.toMatchObject(REFUSED);
});

test('a person says which server it is from now on: the hint has the command, and the other one is refused then', async () => {
  const here = await backedUp();
  const refused = await here.dump('shop', { target: clone.target }).catch((error) => error);
  const [, named = ''] = /--to (\S+)/.exec(refused.hint) ?? [];
  expect(named).toBe(printServer(await askServer(async () => clone.target, 'shop')));
  await adopt(here.vault, 'shop', namedServer(named), { adoptedAt: new Date().toISOString() });
  // Before its first backup, and after it.
  await expect(here.dump()).rejects.toMatchObject(REFUSED);
  await aSecondLater();
  await here.dump('shop', { target: clone.target });
  await expect(here.dump()).rejects.toMatchObject(REFUSED);
  await here.dump('shop', { firedAt: new Date(Date.now() + 2_000), target: clone.target });
});

test('a newest manifest that is damaged does not stand in the way, and the one before it counts', async () => {
  const here = await backedUp();
  await here.vault.put('pgvouch/shop/2026-11-23T02-00-00Z/manifest.json', '{');
  await expect(here.dump('shop', { target: clone.target })).rejects.toMatchObject(REFUSED);
  await here.dump();
  expect(here.log.filter((line) => line.includes('manifest cannot be read'))).not.toEqual([]);
});
