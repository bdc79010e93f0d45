import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { POOL_SIZE, startPgbouncer, type TestPooler } from '../../support/servers/pgbouncer.ts';
import type { TestPostgres } from '../../support/servers/postgres.ts';
import { serverPlace } from '../../support/world/drill-place.ts';
import { restoreIt } from '../../support/world/restores.ts';
import { sharedPostgres, world } from '../../support/world/world.ts';

let postgres: TestPostgres;
let byTransaction: TestPooler;
let bySession: TestPooler;
beforeAll(async () => {
  postgres = await sharedPostgres();
  [byTransaction, bySession] = await Promise.all([
    startPgbouncer(postgres, 'transaction'),
    startPgbouncer(postgres, 'session'),
  ]);
});
afterAll(() => Promise.all([byTransaction?.end(), bySession?.end()]));

const through = ({ port }: TestPooler): ConnectionTarget => ({ ...postgres.target, port, sslMode: 'disable' });

const A_POOLER = 'a connection pooler answers there';
const refused = {
  name: 'ConfigError',
  problem: expect.stringContaining(A_POOLER),
  hint: expect.stringContaining("the server's own host and port"),
};

test('a pooler in transaction mode is refused, and the application behind it notices nothing', async () => {
  const drilled = await world({ drillPlace: serverPlace(through(byTransaction)) });
  await drilled.sql('CREATE TABLE orders AS SELECT 1 AS id');
  const { database, dump, verify } = drilled;
  await expect(dump(undefined, { target: through(byTransaction) })).rejects.toMatchObject(refused);
  expect(await drilled.keys()).toEqual([]);

  const manifest = await dump();
  await expect(verify(manifest)).rejects.toMatchObject({ message: expect.stringContaining(A_POOLER) });
  const pooled = { ...postgres, target: through(byTransaction) };
  await expect(restoreIt(drilled, { postgres: pooled })).rejects.toMatchObject(refused);

  expect(await sessionsOfApplication(byTransaction, database)).toEqual(
    Array(POOL_SIZE).fill([{ search_path: '"$user", public', id: 1 }]),
  );
  const sessions = `SELECT FROM pg_locks WHERE locktype = 'advisory' UNION ALL SELECT FROM pg_database WHERE datname ~ '^pgvouch'`;
  expect(await drilled.sql(sessions)).toEqual([]);
});

test('one in session mode is refused as well, unless the operator says what it is', async () => {
  const here = await world();
  await here.sql('CREATE TABLE orders AS SELECT 1 AS id');
  const target = through(bySession);
  await expect(here.dump(undefined, { target })).rejects.toMatchObject(refused);
  const manifest = await here.dump(undefined, { target: { ...target, pooler: 'session' } });
  expect(manifest.tables).toMatchObject([{ name: 'orders', rows: 1 }]);
  expect(await here.verify(manifest)).toMatchObject({ verdict: 'readable' });
});

/** What an application finds in every session that the pooler has. */
async function sessionsOfApplication(pooler: TestPooler, database: string) {
  const { host, port, user, password } = through(pooler);
  const clients = Array.from({ length: POOL_SIZE }, () => new pg.Client({ host, port, user, password, database }));
  // All at once, each in a transaction, they have them all.
  for (const client of clients) {
    await client.connect();
    await client.query('BEGIN');
  }
  const found = [];
  for (const client of clients) {
    const { rows } = await client.query(`SELECT current_setting('search_path') AS search_path, id FROM orders`);
    found.push(rows);
    await client.end();
  }
  return found;
}
