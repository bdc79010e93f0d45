import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { recoveryWorld } from '../../support/world/recovery-world.ts';
import { startStoredCluster, storeWal } from '../../support/world/stored-cluster.ts';
import { type World, world } from '../../support/world/world.ts';
import { freshVault } from '../../support/world/world-vault.ts';

let server: TestPostgres | undefined;

afterEach(async () => {
  await server?.end();
});

/** What a standby must have as much of as its primary, more of each than the base backup knows. */
const RAISED = {
  max_connections: '300',
  max_worker_processes: '20',
  max_wal_senders: '20',
  max_prepared_transactions: '30',
  max_locks_per_transaction: '200',
};

test('settings that were raised, a higher wal_level and a promotion lie on the way: both dumps are met', async () => {
  const { vault } = await freshVault();
  const stored = await startStoredCluster(vault);
  const { cluster } = stored;
  server = stored.postgres;
  const folder = path.dirname(stored.server.dataDir);
  const store = async () => server && storeWal(vault, cluster, { ...stored.server, target: server.target });
  const restart = async (settings: Record<string, string>) => {
    // A new checkpoint lets go of WAL.
    await store();
    await server?.kill();
    server = await startTestPostgres({ folder, settings: { full_page_writes: 'on', autovacuum: 'off', ...settings } });
    return server;
  };
  const here = await world({ vault, postgres: server });
  await here.sql('CREATE TABLE orders AS SELECT * FROM generate_series(1, 100) AS id');
  const first = await here.dump();
  // It takes queries long before it comes to what it lacks.
  await here.sql('CREATE TABLE many AS SELECT * FROM generate_series(1, 400000) AS id');
  const raised = await restart({ ...RAISED, wal_level: 'logical' });
  await raised.sql(here.database, 'DELETE FROM orders WHERE id > 50');

  writeFileSync(path.join(stored.server.dataDir, 'standby.signal'), '');
  const promoted = await restart({ ...RAISED, max_connections: '400', wal_level: 'logical', hot_standby: 'on' });
  await promoted.sql('postgres', 'SELECT pg_promote(true)');
  await promoted.sql('postgres', 'CREATE DATABASE later');
  const later = await world({ vault, postgres: promoted, inDatabase: 'later' });
  await later.sql('CREATE TABLE items AS SELECT * FROM generate_series(1, 7) AS id');
  const second = await later.dump();
  await promoted.sql('later', 'DELETE FROM items');
  await store();

  const { drill, verdict } = recoveryWorld(vault, cluster);
  expect(await drill()).toMatchObject([{ verdict: 'restorable' }]);
  expect(await verdict()).toMatchObject({
    recovered: { timeline: 2 },
    compared: [
      { database: here.database, firedAt: first.firedAt, tables: 1, rows: 100, changing: [] },
      { database: 'later', firedAt: second.firedAt, tables: 1, rows: 7, changing: [] },
    ],
  });
  expect(second.server).toMatchObject({ timeline: 2 });
});

test('dumps of a server that writes all the while are met, but for what was just ending', async () => {
  const { vault } = await freshVault();
  const stored = await startStoredCluster(vault);
  server = stored.postgres;
  const worlds = await Promise.all([1, 2].map(() => world({ vault, postgres: stored.postgres })));
  for (const { sql } of worlds) {
    await sql('CREATE TABLE still AS SELECT * FROM generate_series(1, 500) AS id; CREATE TABLE busy (id int)');
  }
  let written = 0;
  let done = false;
  const write = async ({ database }: World) => {
    const client = await connect(stored.postgres.target, database, 'writer');
    // Transactions of more than one row, some of which are taken back.
    for (; !done; written++) {
      await client.query('BEGIN; INSERT INTO busy SELECT generate_series(1, 5); DELETE FROM busy WHERE id = 2');
      await client.query(written % 3 === 0 ? 'ROLLBACK' : 'COMMIT');
    }
    await client.end();
  };
  const writing = worlds.flatMap((one) => [write(one), write(one), write(one)]);
  await Promise.all(worlds.map(({ dump }) => dump()));
  const writtenMeanwhile = written;
  while (written < writtenMeanwhile + 100) await new Promise((later) => setTimeout(later, 5));
  done = true;
  await Promise.all(writing);
  await storeWal(vault, stored.cluster, stored.server);

  const { drill, verdict } = recoveryWorld(vault, stored.cluster);
  expect(await drill()).toMatchObject([{ verdict: 'restorable' }]);
  const { compared = [] } = await verdict();
  expect(writtenMeanwhile).toBeGreaterThan(0);
  expect(compared.map(({ database }) => database).sort()).toEqual(worlds.map(({ database }) => database).sort());
  for (const { tables, changing, rows } of compared) {
    expect(tables + changing.length).toBe(2);
    expect(changing.filter((name) => name.includes('still'))).toEqual([]);
    expect(rows).toBeGreaterThanOrEqual(500);
  }
});
