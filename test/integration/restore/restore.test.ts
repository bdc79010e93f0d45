import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readBackups } from '../../../layers/catalog/backups.ts';
import { restore } from '../../../layers/restoring/restore.ts';
import { contentsOf } from '../../support/world/contents.ts';
import {
  backedUp,
  PLAIN,
  restoreIt,
  rewriteArchive,
  temporaryFolder,
  theBackup,
} from '../../support/world/restores.ts';
import { clientPrograms, sharedPostgres, world } from '../../support/world/world.ts';

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

test('an interrupted restore ends at once and leaves no file', async () => {
  const here = await backedUp();
  const backup = await theBackup(here);
  const reason = new Error('enough');
  const to = { target: (await sharedPostgres()).target, database: `broken_${randomUUID().slice(0, 8)}` };
  for (const jobs of [1, 2]) {
    const stop = new AbortController();
    const deps = {
      store: here.vault,
      clientPrograms,
      onProgress: () => stop.abort(reason),
      onRemark: () => {},
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
