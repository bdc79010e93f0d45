import { readFileSync } from 'node:fs';
import path from 'node:path';
import type pg from 'pg';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import type { TestPostgres } from '../servers/postgres.ts';

export interface HardDatabase {
  /** Ends the session that holds temporary tables. */
  close(): Promise<void>;
}

export interface HardOptions {
  /** Of the server. */
  readonly major: number;
  /** How many plain tables beside the odd ones. */
  readonly tables: number;
}

/**
 * Fills a database with everything that is known to be hard to back up; see test/fixtures/hard-database. A session with
 * temporary tables stays open.
 */
export async function makeHardDatabase(
  postgres: TestPostgres,
  database: string,
  { major, tables }: HardOptions,
): Promise<HardDatabase> {
  const client = await connect(postgres.target, database, 'test');
  try {
    await client.query(ROLES);
    await makeExtensions(client);
    for (const part of ['types', 'tables', 'code', 'contrib']) await client.query(fixture(part));
    if (major >= 17) await client.query(fixture('from-17'));
    if (major >= 18) await client.query(fixture('from-18'));
    await client.query(`${wideTable()}; CREATE SCHEMA many`);
    for (let from = 1; from <= tables; from += BATCH) {
      await client.query(manyTables(from, Math.min(tables, from + BATCH - 1)));
    }
    await client.query(TEMPORARY);
    return { close: () => client.end() };
  } catch (error) {
    await client.end();
    throw error;
  }
}

/** As few in one transaction as the server has locks for. */
const BATCH = 200;

const ROLES = `DO $$ BEGIN
  CREATE ROLE "Clerk ""1"" é"; CREATE ROLE pgvouch_reader IN ROLE "Clerk ""1"" é";
  EXCEPTION WHEN duplicate_object THEN NULL; END $$`;

const TEMPORARY = `
  CREATE TEMPORARY TABLE passing (id serial PRIMARY KEY CHECK (id > 0), t text DEFAULT 'x');
  CREATE TEMPORARY VIEW passing_view AS SELECT * FROM passing;
  CREATE FUNCTION pg_temp.passing() RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE TYPE pg_temp.passing_type AS ENUM ('a');
  INSERT INTO passing DEFAULT VALUES`;

/** Every one that this server can load: some want libraries that are not there. */
async function makeExtensions(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>('SELECT name FROM pg_available_extensions ORDER BY name');
  for (const { name } of rows) {
    await client.query(`CREATE EXTENSION IF NOT EXISTS "${name}" CASCADE`).catch((error) => {
      if (!/could not (load library|access file)/.test(String(error))) throw error;
    });
  }
}

/** As many columns as PostgreSQL allows. */
function wideTable(): string {
  const columns = Array.from({ length: 1600 }, (_, index) => `"column number ${index} é" int2`);
  return `CREATE TABLE wide (${columns.join(', ')});
    INSERT INTO wide SELECT ${columns.map((_, index) => index).join(', ')};
    INSERT INTO wide ("column number 1599 é") VALUES (-1)`;
}

function manyTables(from: number, to: number): string {
  return `DO $$ BEGIN FOR i IN ${from} .. ${to} LOOP
    EXECUTE format('CREATE TABLE many.%I (id int PRIMARY KEY, t text)', 'table ' || i);
    EXECUTE format('INSERT INTO many.%I SELECT g, %L FROM generate_series(1, %s) g', 'table ' || i, i, i % 5);
  END LOOP; END $$`;
}

function fixture(name: string): string {
  return readFileSync(path.resolve(import.meta.dirname, `../../fixtures/hard-database/${name}.sql`), 'utf8');
}
