import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { libpqEnvironment } from '../../../layers/postgres/connect/connection.ts';
import type { TestPostgres } from '../../support/servers/postgres.ts';
import { eventRows, smallRows } from './rows.ts';

export interface BenchDatabase {
  readonly name: string;
  /** What pg_database_size says, indexes and all. */
  readonly sizeBytes: number;
  /** What COPY gave it. */
  readonly dataBytes: number;
}

const SMALL_TABLES = 200;
const ROWS_PER_SMALL_TABLE = 300;
const SEED = 42;
const BATCH_ROWS = 500;

/**
 * Makes a database of so many bytes of COPY data, a little more: one big table with wide text and jsonb, some of its texts
 * long enough to be stored out of line, and two hundred small tables. Always the same for the same size.
 */
export async function makeDatabase(
  postgres: TestPostgres,
  psql: string,
  name: string,
  wantedBytes: number,
): Promise<BenchDatabase> {
  await postgres.createDatabase(name);
  const smallTables = Array.from({ length: SMALL_TABLES }, (_, n) => `small_${n}`);
  await postgres.sql(name, [EVENT, ...smallTables.map(smallTable)].join(';'));
  let dataBytes = 0;
  function* script() {
    for (const [table, rows] of [['event', events(wantedBytes)] as const, ...smallTables.map(rowsOfSmall)]) {
      yield `COPY ${table} FROM stdin;\n`;
      for (const text of rows) {
        dataBytes += Buffer.byteLength(text);
        yield text;
      }
      yield '\\.\n';
    }
  }
  await feedPsql(postgres, psql, name, script());
  await postgres.sql(name, INDEXES);
  await postgres.sql(name, 'VACUUM (ANALYZE, FREEZE)');
  await postgres.sql(name, 'CHECKPOINT');
  const [row] = await postgres.sql<{ size: string }>(name, 'SELECT pg_database_size(current_database()) AS size');
  return { name, sizeBytes: Number(row?.size), dataBytes };
}

const EVENT = `CREATE TABLE event (
  id bigint NOT NULL, customer_id int NOT NULL, happened_at timestamptz NOT NULL, state text NOT NULL,
  amount numeric(12, 2), session uuid NOT NULL, note text, document text, details jsonb NOT NULL)`;
const INDEXES = 'ALTER TABLE event ADD PRIMARY KEY (id); CREATE INDEX ON event (customer_id, happened_at)';

function smallTable(name: string): string {
  return `CREATE TABLE ${name} (id int PRIMARY KEY, name text NOT NULL, price numeric(10, 2), changed_at timestamptz)`;
}

/** A batch of rows at a time: handing them over one by one would take longer than making them. */
function* events(wantedBytes: number): Generator<string> {
  const row = eventRows(SEED);
  for (let id = 1, bytes = 0; bytes < wantedBytes; id += BATCH_ROWS) {
    const batch = Array.from({ length: BATCH_ROWS }, (_, n) => row(id + n)).join('');
    bytes += batch.length;
    yield batch;
  }
}

function rowsOfSmall(table: string, n: number): readonly [string, Iterable<string>] {
  return [table, [smallRows(n, ROWS_PER_SMALL_TABLE)]];
}

async function feedPsql(
  { target }: TestPostgres,
  psql: string,
  database: string,
  script: Iterable<string>,
): Promise<void> {
  const child = spawn(psql, ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', '--single-transaction'], {
    env: { PATH: process.env.PATH, ...libpqEnvironment(target, database) },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const exit = once(child, 'exit');
  await pipeline(Readable.from(script), child.stdin);
  const [code] = await exit;
  if (code !== 0) throw new Error('psql could not fill the database');
}
