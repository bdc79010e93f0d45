import { chmodSync, existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { runFolder } from '../../support/run/run-folder.ts';
import { pgvouch, startPgvouch, urlOf, variablesOf } from '../../support/servers/command-line.ts';
import type { TestPostgres } from '../../support/servers/postgres.ts';
import { expectNothingLeft } from '../../support/world/drill-place.ts';
import { startStoredCluster, storeWal } from '../../support/world/stored-cluster.ts';
import { freshVault } from '../../support/world/world-vault.ts';

let postgres: TestPostgres;
let env: Record<string, string>;
/** Where clusters are recovered. */
let folder: string;
/** Of the second of three transactions, and where the WAL was between the first and the second. */
let second: { xid: string; lsn: string };

/** A cluster of two databases, each with a table, and a role that is gone now. */
beforeAll(async () => {
  const { vault } = await freshVault();
  const stored = await startStoredCluster(vault);
  ({ postgres } = stored);
  folder = runFolder('targets');
  chmodSync(folder, 0o711);
  const scratch = { SCRATCH_POSTGRES_DIR: embeddedPostgres(), SCRATCH_CACHE_DIR: '', DRILL_FOLDER: folder };
  env = { ...variablesOf(vault, postgres.target), ...scratch };
  await postgres.sql('postgres', 'CREATE ROLE clerk');
  for (const database of ['shop', 'crm']) {
    await postgres.sql('postgres', `CREATE DATABASE ${database}`);
    await postgres.sql(database, 'CREATE TABLE orders (id int); ALTER TABLE orders OWNER TO clerk');
  }
  await postgres.sql('shop', 'INSERT INTO orders VALUES (1)');
  const [between] = await postgres.sql<{ lsn: string }>('shop', 'SELECT pg_current_wal_insert_lsn()::text AS lsn');
  const [row] = await postgres.sql<{ xid: string }>(
    'shop',
    'INSERT INTO orders VALUES (2) RETURNING pg_current_xact_id()::text AS xid',
  );
  second = { xid: row?.xid ?? '', lsn: between?.lsn ?? '' };
  await postgres.sql('shop', 'INSERT INTO orders VALUES (3)');
  await postgres.sql('shop', 'DROP TABLE orders');
  await postgres.sql('crm', 'DROP TABLE orders');
  await postgres.sql('postgres', 'DROP ROLE clerk');
  await storeWal(vault, stored.cluster, stored.server);
});
afterAll(() => postgres?.end());

const restore = (...words: string[]) => pgvouch(env, 'restore', ...words);
const to = (database: string) => ['--create', '--to', urlOf(postgres.target, database)];
const ofOrders = ['--database', 'shop', '--table', 'orders'];
const idsIn = async (database: string) =>
  (await postgres.sql<{ id: number }>(database, 'SELECT id FROM orders ORDER BY id')).map(({ id }) => id);

test('one table with everything before a position, with the roles of then', async () => {
  const result = await restore(...ofOrders, '--at-lsn', second.lsn, '--globals', ...to('before_position'));
  expect(result).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/compared equal .*: 1 table with 1 row/),
    stderr: expect.stringContaining(`as of position ${second.lsn}`),
  });
  expect(await idsIn('before_position')).toEqual([1]);
  const owners = await postgres.sql(
    'before_position',
    `SELECT relowner::regrole::text AS owner FROM pg_class
    WHERE oid = 'orders'::regclass`,
  );
  expect(owners).toEqual([{ owner: 'clerk' }]);
  expectNothingLeft({ folder });
});

test('one table up to and with a transaction, whatever came after it', async () => {
  const result = await restore(...ofOrders, '--at-xid', second.xid, '--no-owner', ...to('with_transaction'));
  expect(result).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(`as of transaction ${second.xid}`) });
  expect(await idsIn('with_transaction')).toEqual([1, 2]);
  expectNothingLeft({ folder });
});

test('refused: several databases and none named, no server of the major, a transaction that never was, two targets', async () => {
  expect(await restore('--table', 'orders', '--at-lsn', second.lsn, ...to('nowhere'))).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/the cluster has crm, shop\n.*--database/),
  });
  const none = { ...env, SCRATCH_POSTGRES_DIR: path.join(folder, 'none') };
  expect(await pgvouch(none, 'restore', ...ofOrders, '--at-lsn', second.lsn, ...to('nowhere'))).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/no server of PostgreSQL 18, and .* their own major\n.*SCRATCH_POSTGRES_DIR/),
  });
  expect(await restore(...ofOrders, '--at-xid', '4000000', ...to('nowhere'))).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/transaction 4000000 is not in the WAL after the base backup/),
  });
  expect(await restore(...ofOrders, '--at-xid', second.xid, '--at-lsn', second.lsn, ...to('nowhere'))).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('give one of --at, --at-lsn and --at-xid'),
  });
  expect(await postgres.sql('postgres', `SELECT FROM pg_database WHERE datname = 'nowhere'`)).toEqual([]);
  expectNothingLeft({ folder });
});

test('Ctrl-C while the scratch server recovers: nothing is left running, nothing on the disk, and it says so', async () => {
  const { child, ended } = startPgvouch(env, 'restore', ...ofOrders, '--at-lsn', second.lsn, ...to('nowhere'));
  const hasServer = () =>
    readdirSync(folder).some((name) => existsSync(path.join(folder, name, 'data/postmaster.pid')));
  await vi.waitFor(() => expect(hasServer()).toBe(true), { timeout: 120_000, interval: 5 });
  child.kill('SIGINT');
  const { exitCode, stdout, stderr } = await ended;
  expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
  expect(stderr.trimEnd().split('\n').at(-1)).toBe('pgvouch: interrupted');
  expectNothingLeft({ folder });
  expect(await postgres.sql('postgres', `SELECT FROM pg_database WHERE datname = 'nowhere'`)).toEqual([]);
});
