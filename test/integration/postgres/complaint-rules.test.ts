import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { meaningOf } from '../../../layers/postgres/complaints/judge-complaints.ts';
import { RULES } from '../../../layers/postgres/complaints/rules.ts';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import { sharedPostgres, world } from '../../support/world/world.ts';

let client: pg.Client;
beforeAll(async () => {
  const { database } = await world();
  client = await connect((await sharedPostgres()).target, database);
});
afterAll(() => client.end());

/** What a server really says, with its code, and what that means for a backup. */
test.each([
  [
    'shortage',
    '53400',
    `SET LOCAL temp_file_limit = '1kB'; SET LOCAL work_mem = '64kB';
    SELECT count(*) FROM (SELECT g FROM generate_series(1, 100000) g ORDER BY -g OFFSET 1) sorted`,
  ],
  ['passing', '57014', 'SET LOCAL statement_timeout = 1; SELECT pg_sleep(10)'],
  ['passing', '25006', 'SET TRANSACTION READ ONLY; CREATE TABLE t ()'],
  ['lacking', '22023', `CREATE COLLATION nowhere (LOCALE = 'xx_XX.utf8')`],
  ['lacking', '42704', `CREATE TABLE t (a text COLLATE pg_catalog."xx_XX.utf8")`],
  ['lacking', '22023', `SELECT now() AT TIME ZONE 'Nowhere/None'`],
  ['lacking', '22023', `SET timezone = 'Nowhere/None'`],
  ['lacking', 'F0000', `CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = synonym, SYNONYMS = nowhere)`],
  ['lacking', '58P01', `CREATE FUNCTION f() RETURNS int LANGUAGE c AS '$libdir/nowhere'`],
  ['lacking', '42883', `CREATE FUNCTION f() RETURNS int LANGUAGE c AS '$libdir/dblink', 'nowhere'`],
  ['lacking', '58P01', `SELECT pg_read_file('/nowhere/file')`],
  [
    'lacking',
    '58P01',
    `CREATE EXTENSION file_fdw; CREATE SERVER s FOREIGN DATA WRAPPER file_fdw;
    CREATE FOREIGN TABLE f (a text) SERVER s OPTIONS (filename '/nowhere/file'); SELECT * FROM f`,
  ],
  ['lacking', '0A000', 'CREATE EXTENSION nowhere'],
  ['lacking', '22023', `CREATE EXTENSION hstore VERSION '0.0'`],
  ['lacking', '22023', `SECURITY LABEL FOR nobody ON ROLE postgres IS 'x'`],
  ['lacking', '42704', 'SET nowhere = 1'],
  ['lacking', '42704', 'CREATE TABLE t () TABLESPACE nowhere'],
  [
    'lacking',
    '55000',
    `CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
    CREATE FOREIGN TABLE f (a text) SERVER s; SELECT * FROM f`,
  ],
  [
    'lacking',
    '08001',
    `CREATE EXTENSION postgres_fdw;
    CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1');
    CREATE USER MAPPING FOR postgres SERVER s; CREATE FOREIGN TABLE f (a text) SERVER s; SELECT * FROM f`,
  ],
  [
    'lacking',
    '08001',
    `CREATE EXTENSION dblink; SELECT * FROM dblink('host=127.0.0.1 port=1', 'SELECT 1') AS t (a int)`,
  ],
  ['rights', '42501', 'SET LOCAL ROLE pg_monitor; CREATE TABLE public.t ()'],
  ['rights', '42501', 'SET LOCAL ROLE pg_monitor; CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION nowhere()'],
  [
    'rights',
    '42501',
    `CREATE TABLE t (); ALTER TABLE t ENABLE ROW LEVEL SECURITY; GRANT SELECT ON t TO pg_monitor;
    SET LOCAL row_security = off; SET LOCAL ROLE pg_monitor; SELECT * FROM t`,
  ],
  ['rights', '42704', 'CREATE TABLE t (); ALTER TABLE t OWNER TO "no ""body"""'],
  ['release', '42601', 'CREATE NEWER THING'],
  ['release', '22023', 'CREATE TABLE t (a int) WITH (newer = 1)'],
  ['release', '42883', 'SELECT pg_catalog.newer(1)'],
  ['backup', '23505', 'CREATE TABLE t AS SELECT 1 AS a FROM generate_series(1, 2); CREATE UNIQUE INDEX ON t (a)'],
  ['backup', '23514', 'CREATE TABLE t (a int CHECK (a > 1)); INSERT INTO t VALUES (1)'],
  [
    'backup',
    '23503',
    'CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE u AS SELECT 1 AS a; ALTER TABLE u ADD FOREIGN KEY (a) REFERENCES t',
  ],
  ['backup', '22P02', `SELECT 'out of memory'::int`],
  ['backup', '42P01', 'SELECT FROM nowhere'],
  ['backup', '42P07', 'CREATE TABLE t (); CREATE TABLE t ()'],
] as const)('%s: %s, %s', async (meaning, code, sql) => {
  await client.query('BEGIN');
  const error = await client.query(sql).catch((thrown) => thrown);
  await client.query('ROLLBACK');
  expect(error).toMatchObject({ code });
  const said = error.detail === undefined ? error.message : `${error.message}\nDETAIL:  ${error.detail}`;
  expect(`${said}: ${meaningOf(said)}`).toBe(`${said}: ${meaning}`);
  if (meaning === 'backup') return;
  const rule = RULES.find(({ says }) => says.test(said));
  expect(rule?.sqlstates.some((one) => code.startsWith(one))).toBe(true);
});
