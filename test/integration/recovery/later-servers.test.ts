import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { startTestPostgres, type TestPostgres } from '../../support/servers/postgres.ts';
import { recoveryWorld } from '../../support/world/recovery-world.ts';
import { startStoredCluster, storeWal } from '../../support/world/stored-cluster.ts';
import { world } from '../../support/world/world.ts';
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
