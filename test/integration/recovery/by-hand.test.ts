import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeMoment } from '../../../functions/by-hand/moment/take-moment.ts';
import { formatFiredAt } from '../../../layers/backup/instant.ts';
import { readCluster } from '../../../layers/catalog/read-cluster.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { parseBaseVerdict } from '../../../layers/wal/base-verdict.ts';
import type { Cluster } from '../../../layers/wal/cluster.ts';
import { baseVerdictKey } from '../../../layers/wal/keys.ts';
import { isPlan, planRecovery } from '../../../layers/wal/recovery-plan.ts';
import { runFolder } from '../../support/run/run-folder.ts';
import { pgvouch, urlOf, variablesOf } from '../../support/servers/command-line.ts';
import type { TestPostgres } from '../../support/servers/postgres.ts';
import { clientBin } from '../../support/world/client-folder.ts';
import { expectNothingLeft } from '../../support/world/drill-place.ts';
import { startStoredCluster, storeWal } from '../../support/world/stored-cluster.ts';
import { clientPrograms } from '../../support/world/world.ts';
import { freshVault } from '../../support/world/world-vault.ts';

let vault: Vault;
let cluster: Cluster;
let postgres: TestPostgres;
let env: Record<string, string>;
/** Where clusters are recovered. */
let folder: string;
/** When there were orders; after the last commit. */
let before: string;
let end: string;

const now = async () =>
  (await postgres.sql<{ at: string }>('postgres', 'SELECT clock_timestamp()::text AS at'))[0]?.at ?? '';

/** The original has higher settings than a scratch server, and a transaction that is prepared and holds a lock. */
beforeAll(async () => {
  ({ vault } = await freshVault());
  const stored = await startStoredCluster(vault, { max_connections: '150', max_prepared_transactions: '3' });
  ({ postgres, cluster } = stored);
  folder = runFolder('moments');
  chmodSync(folder, 0o711);
  // As in the home of root, which nobody else may enter.
  const closed = runFolder('closed');
  chmodSync(closed, 0o700);
  symlinkSync(embeddedPostgres(), path.join(closed, 'native'));
  const scratch = { SCRATCH_POSTGRES_DIR: path.join(closed, 'native'), SCRATCH_CACHE_DIR: '', DRILL_FOLDER: folder };
  env = { ...variablesOf(vault, postgres.target), ...scratch };
  await postgres.sql('postgres', 'CREATE DATABASE shop');
  await postgres.sql('shop', SHOP);
  before = await now();
  await postgres.sql('shop', 'DROP TABLE orders; DELETE FROM customer');
  await postgres.sql('shop', `BEGIN; ALTER TABLE customer ADD email text; PREPARE TRANSACTION 'undecided'`);
  end = await now();
  await storeWal(vault, cluster, stored.server);
  await postgres.sql('shop', `ROLLBACK PREPARED 'undecided'`);
});
afterAll(() => postgres?.end());

const SHOP = `
  CREATE TABLE customer (id int PRIMARY KEY, name text);
  CREATE TYPE state AS ENUM ('open', 'paid');
  CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customer, state state);
  INSERT INTO customer SELECT id, 'name ' || id FROM generate_series(1, 100) AS id;
  INSERT INTO orders SELECT id, id % 100 + 1, 'paid' FROM generate_series(1, 1000) AS id`;
const SUM = 'SELECT count(*)::int AS orders, sum(id)::int AS ids FROM orders';
const WHOLE = { orders: 1_000, ids: 500_500 };

const restore = (...words: string[]) => pgvouch(env, 'restore', '--cluster', cluster.systemIdentifier, ...words);
const to = (database: string) => ['--to', urlOf(postgres.target, database)];

test('a table that was dropped comes back as of a moment before, into another database and into its own', async () => {
  const ofOrders = ['--table', 'orders', '--at', before];
  const refused = await restore(...ofOrders, ...to('shop'));
  expect(refused).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('the database is not empty') });
  expect(refused.stderr).not.toContain('recovering to');

  const result = await restore(...ofOrders, '--create', ...to('shop_before'));
  expect(result).toMatchObject({
    exitCode: 0,
    stderr: expect.stringMatching(/recovering to .* base backup of .* of WAL .*\n.*about .* of disk/),
    stdout: expect.stringMatching(/restored public.orders into .*compared equal .*: 1 table with 1,000 rows/s),
  });
  expect(await postgres.sql('shop_before', SUM)).toEqual([WHOLE]);
  expectNothingLeft({ folder });
  // The original was not asked anything.
  await expect(postgres.sql('shop', SUM)).rejects.toThrow('does not exist');

  const over = await restore(...ofOrders, '--database', 'shop', '--clean', 'shop', '--jobs', '2', ...to('shop'));
  expect(over).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('compared equal') });
  expect(await postgres.sql('shop', SUM)).toEqual([WHOLE]);
});

test('--to-dump writes an archive for stock pg_restore; a moment after the last commit is the end of the WAL', async () => {
  const file = path.join(runFolder('dumps'), 'shop.dump');
  const result = await restore('--at', end, '--to-dump', file);
  expect(result).toMatchObject({
    exitCode: 0,
    // Nobody left a status in this bucket.
    stderr: expect.stringMatching(/no commit after that moment.*\n! commits may be missing: /),
    stdout: expect.stringMatching(/shop.dump is "shop" as of .*: 1 table with 0 rows, .* for pg_restore 1\d or newer/),
  });
  const listed = execFileSync(path.join(clientBin(18), 'pg_restore'), ['--list', file]).toString();
  expect(listed).toContain('TABLE DATA public customer');
  expect(listed).not.toContain('orders');
  expectNothingLeft({ folder });

  writeFileSync(file, 'mine');
  expect(await restore('--at', end, '--to-dump', file)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('it is there already'),
  });
});

test('what cannot be is refused: nothing is fetched, or nothing is left', async () => {
  const elsewhere = ['--create', ...to('nowhere')];
  expect(await restore('--at', '2001-01-01', ...elsewhere)).toMatchObject({
    exitCode: 4,
    stderr: expect.stringMatching(/no base backup had ended by then\n.*nearest/),
  });
  expect(await restore('--print', ...elsewhere)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('--to-dir'),
  });
  const short = await pgvouch(
    { ...env, DRILL_DISK_MB: '1' },
    'restore',
    '--cluster',
    cluster.systemIdentifier,
    ...elsewhere,
  );
  expect(short).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/about [\d.]+ [MG]B of disk in .* only 1.0 MB is free/),
  });
  const noServer = { ...env, SCRATCH_POSTGRES_DIR: '/nowhere' };
  expect(await pgvouch(noServer, 'restore', '--cluster', cluster.systemIdentifier, ...elsewhere)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/no server of PostgreSQL 18, and .* own major\n.*SCRATCH_POSTGRES_DIR/),
  });
  const nobody = await restore('--to', 'postgres://postgres@127.0.0.1:1/copy');
  expect(nobody).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('check --to') });
  expect(nobody.stderr).not.toContain('recovering to');
  const nowhere = await restore('--to-dump', path.join(folder, 'nowhere', 'shop.dump'));
  expect(nowhere).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('its folder is not there') });
  expect(nowhere.stderr).not.toContain('recovering to');
  expect(await restore('--table', 'invoice', ...elsewhere)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/no rows of a table named invoice\n.*the database had public\.customer;/),
  });
  expect(await postgres.sql('postgres', `SELECT FROM pg_database WHERE datname = 'nowhere'`)).toEqual([]);
  expectNothingLeft({ folder });
});

test('whenever it is broken off, neither server nor folder is left', async () => {
  const stored = await readCluster(vault, cluster);
  const plan = planRecovery(stored, { kind: 'latest' });
  if (!isPlan(plan)) throw new Error('it can be recovered');
  for (const step of ['base backup', 'WAL', 'dump shop']) {
    const stop = new AbortController();
    const deps = {
      ...{ vault, clientPrograms, roles: ['postgres'], onRemark: () => {}, onDone: () => {}, clock: () => new Date() },
      place: { installations: [embeddedPostgres()], folder },
      onProgress: ({ what }: { what: string }) => {
        if (what === step) stop.abort(new Error(`stopped at ${step}`));
      },
    };
    const request = { stored, plan, database: 'shop', tables: [], fingerprints: false, signal: stop.signal };
    await expect(takeMoment(deps, request)).rejects.toThrow(`stopped at ${step}`);
    expectNothingLeft({ folder });
  }
  expect(existsSync(folder)).toBe(true);
  expect(readdirSync(folder)).toEqual([]);
});

test('verify --cluster recovers with the newest base backup, prints the verdict, and records it', async () => {
  const { systemIdentifier } = cluster;
  const verify = (changes: Record<string, string>, ...words: string[]) =>
    pgvouch({ ...env, ...changes }, 'verify', '--cluster', systemIdentifier, ...words);
  const [stored] = (await readCluster(vault, cluster)).bases;
  const startedAt = stored?.startedAt ?? new Date(0);
  const base = formatFiredAt(startedAt);
  const verified = await verify({});
  expect(verified).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(
      new RegExp(`^base backup ${base} of cluster ${systemIdentifier}: restorable, in .*; recovery took`),
    ),
  });
  expect(verified.stdout).toContain('Recovered to 0/');
  const written = baseVerdictKey(vault.prefix, { systemIdentifier, startedAt }, 'restorable');
  const proof = (await vault.getText(written)) ?? '';
  expect(parseBaseVerdict(proof, written)).toMatchObject({ verdict: 'restorable' });
  const listed = await vault.listAll(written);

  expect(await verify({ DRILL: 'off' }, base)).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/restorable.*That was proved before\. This time it is only readable:\n {2}No rec/s),
  });
  // The proof is not younger for it.
  expect(await vault.getText(written)).toBe(proof);
  expect(await vault.listAll(written)).toEqual(listed);
  expect(await verify({}, '2020-01-01T00-00-00Z')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(`the cluster has ${base}`),
  });
  expect(await verify({}, '--all-unverified')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('--cluster goes with neither'),
  });
});
