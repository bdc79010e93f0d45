import type pg from 'pg';
import { afterAll, beforeAll, test } from 'vitest';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import { expectObstacle } from '../../support/world/proof.ts';
import { sharedPostgres, world } from '../../support/world/world.ts';

let client: pg.Client;
beforeAll(async () => {
  const { database } = await world();
  client = await connect((await sharedPostgres()).target, database);
});
afterAll(() => client.end());

/** Of TimescaleDB and of extensions that must be preloaded: test/integration/scratch/extensions.test.ts. */
test.each([
  ['locale', `CREATE COLLATION nowhere (LOCALE = 'xx_XX.utf8')`],
  ['locale', `CREATE COLLATION nowhere (PROVIDER = icu, LOCALE = '@colNumeric=lower')`],
  ['locale', `CREATE TABLE t (a text COLLATE pg_catalog."xx_XX.utf8")`],
  ['extension', 'CREATE EXTENSION nowhere'],
  ['extension', 'CREATE EXTENSION pg_stat_statements; SELECT * FROM pg_stat_statements'],
  ['extension', `SECURITY LABEL FOR anon ON ROLE postgres IS 'x'`],
  ['extension', `SELECT current_setting('cron.database_name')`],
  ['rights', 'SET LOCAL ROLE pg_monitor; CREATE TABLE public.t ()'],
  ['rights', 'SET LOCAL ROLE pg_monitor; CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION nowhere()'],
  ['other', `LOAD '/etc/passwd'`],
  ['other', `SELECT now() AT TIME ZONE 'Nowhere/None'`],
] as const)('%s: what a server says to %s', async (name, sql) => {
  await client.query('BEGIN');
  const error = await client.query(sql).catch((thrown) => thrown);
  await client.query('ROLLBACK');
  expectObstacle(error, name);
});
