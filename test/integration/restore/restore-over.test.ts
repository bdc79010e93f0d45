import { expect, test } from 'vitest';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import { contentsOf } from '../../support/world/contents.ts';
import { backedUp, restoreIt, rewriteArchive } from '../../support/world/restores.ts';
import { world } from '../../support/world/world.ts';

/** What a person does with a database after its backup: each of these is in the way of the old schema. */
const MIGRATION = `
  CREATE TABLE sales.refund (order_id int REFERENCES sales.orders, how public.mood);
  INSERT INTO sales.refund VALUES (1, 'bad');
  CREATE VIEW public.names AS SELECT name FROM public.customers;
  ALTER TABLE sales.orders RENAME TO orders_2; CREATE VIEW sales.orders AS SELECT * FROM sales.orders_2;
  CREATE EXTENSION hstore SCHEMA sales; CREATE TABLE "a.b" (h sales.hstore);
  CREATE SCHEMA "Own"; CREATE FUNCTION "Own".f(public.mood, text) RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE AGGREGATE "Own".agg(int) (SFUNC = int4pl, STYPE = int); CREATE DOMAIN public.old AS int;
  CREATE TYPE public.pair AS (a int, b public.mood); CREATE TYPE public.span AS RANGE (SUBTYPE = int);
  CREATE PUBLICATION pub FOR ALL TABLES; CREATE SERVER srv FOREIGN DATA WRAPPER fdw; CREATE CAST (bool AS name) WITH INOUT;
  CREATE STATISTICS stats ON id, note FROM sales.orders_2; CREATE OPERATOR FAMILY public.family USING btree;
  CREATE FUNCTION public.ev() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
  CREATE EVENT TRIGGER ev ON sql_drop EXECUTE FUNCTION public.ev();
  SELECT lo_from_bytea(0, 'newer')`;

test('over a newer schema: refused with what would be lost; accepted, the old state is back in one transaction', async () => {
  const here = await backedUp();
  const old = await contentsOf(here.postgres, here.database);
  await here.sql(`CREATE FOREIGN DATA WRAPPER fdw; ${MIGRATION}`);
  const newer = await contentsOf(here.postgres, here.database);
  const clean = { to: here.database, clean: here.database };

  for (const jobs of [1, 2]) {
    await expect(restoreIt(here, { ...clean, jobs })).rejects.toMatchObject({
      name: 'PolicyError',
      problem: expect.stringMatching(/table sales\.refund \(.* kB\), table sales\.orders_2 |table public\."a\.b" /),
      hint: expect.stringMatching(/nothing was changed; --accept loss .*--create .*swap the names/),
    });
    expect(await contentsOf(here.postgres, here.database)).toEqual(newer);
  }

  const remarks: string[] = [];
  const onRemark = (text: string) => void remarks.push(text);
  const { lost, differences, leftOut } = await restoreIt(here, { ...clean, lose: true, onRemark });
  expect({ differences, leftOut }).toEqual({ differences: [], leftOut: [] });
  expect(await contentsOf(here.postgres, here.database)).toEqual(old);
  expect(remarks).toEqual(lost.map((what) => `! will be lost: ${what}`));
  for (const what of [
    'sales.refund',
    'sales.orders_2',
    'public.names',
    '"Own".f(public.mood,',
    '"Own".agg(',
    'public.old',
  ])
    expect(lost).toContainEqual(expect.stringContaining(what));
  for (const what of [
    'type public.pair',
    'type public.span',
    'publication pub',
    'server srv',
    'event trigger ev',
    'cast (boolean',
    'extension hstore',
  ])
    expect(lost).toContainEqual(expect.stringContaining(what));
  expect(lost.join()).not.toMatch(/customers|recent|mood \(|orders_id_seq|hstore\(/);
  const left = await here.sql(`
    SELECT (SELECT count(*)::int FROM pg_event_trigger) + (SELECT count(*) FROM pg_publication)
         + (SELECT count(*) FROM pg_foreign_server) + (SELECT count(*) FROM pg_cast WHERE castsource = 'bool'::regtype AND oid > 16384)
         + (SELECT count(*) FROM pg_namespace WHERE nspname = 'Own') + (SELECT count(*) - 1 FROM pg_largeobject_metadata) AS n`);
  expect(left).toEqual([{ n: '0' }]);

  // In parallel it is emptied first, and then restored.
  await here.sql('CREATE TABLE sales.refund (order_id int REFERENCES sales.orders)');
  expect(await restoreIt(here, { ...clean, jobs: 2, lose: true })).toMatchObject({
    ...{ differences: [], leftOut: [], lost: ['table sales.refund (0 B)'] },
  });
});

test('what fails in that one transaction changes nothing, be it the archive or the server', async () => {
  const here = await world();
  await here.sql(`
    CREATE TABLE lookup AS SELECT 1 AS a;
    CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a FROM lookup WHERE a = $1';
    CREATE TABLE checked (a int CHECK (f(a) = 1)); INSERT INTO checked VALUES (1)`);
  await here.dump();
  await here.sql('CREATE TABLE newer AS SELECT 2 AS a');
  const before = await contentsOf(here.postgres, here.database);
  const attempt = { to: here.database, clean: here.database, lose: true };
  await expect(restoreIt(here, attempt)).rejects.toMatchObject({
    ...{ name: 'DumpError', problem: expect.stringContaining('"lookup" does not exist') },
    hint: expect.stringMatching(/SET search_path.*nothing was changed/),
  });
  await rewriteArchive(here, (archive) => {
    const last = archive.length - 1;
    archive[last] = (archive[last] ?? 0) ^ 1;
    return archive;
  });
  await expect(restoreIt(here, attempt)).rejects.toMatchObject({
    ...{ name: 'VaultError', hint: expect.stringContaining('nothing was changed') },
  });
  expect(await contentsOf(here.postgres, here.database)).toEqual(before);
});

test.each([false, true])(
  'who holds a lock is told, what for and how long; statistics are there (lose: %s)',
  async (lose) => {
    const here = await backedUp();
    const reader = await connect(here.postgres.target, here.database, 'nightly report');
    try {
      await reader.query('BEGIN; SELECT FROM sales.orders LIMIT 1');
      const [{ pid } = { pid: 0 }] = (await reader.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows;
      const remarks: string[] = [];
      const onRemark = (text: string) => {
        remarks.push(text);
        void reader.query('COMMIT');
      };
      const report = await restoreIt(here, { to: here.database, clean: here.database, lose, analyze: true, onRemark });
      expect(report).toMatchObject({ differences: [], analyzed: true, lost: [] });
      expect(remarks).toEqual([
        expect.stringMatching(
          `^! waiting for [0-9.]+ s for a lock on sales\\.[a-z_]+ \\(AccessExclusiveLock\\), held by pid ${pid} \\(user postgres, application nightly report, idle in transaction, in a transaction for [0-9.]+ s, its query began [0-9.]+ s ago\\); to end it: SELECT pg_terminate_backend\\(${pid}\\)`,
        ),
      ]);
      const [statistics] = await here.sql(`SELECT reltuples::int AS rows FROM pg_class WHERE relname = 'orders'`);
      expect(statistics).toEqual({ rows: 30000 });
    } finally {
      await reader.end();
    }
  },
);
