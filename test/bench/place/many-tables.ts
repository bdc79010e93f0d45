import type { TestPostgres } from '../../support/servers/postgres.ts';
import type { BenchDatabase } from './database.ts';

/** None is larger than an eightieth of the database. */
export const TABLES = 120;
/** Some are three times as large as others. */
const WEIGHTS = [0.5, 1, 1.5];
/** With its share of two indexes, as measured. */
const ROW_BYTES = 848;
const CUSTOMERS = 10_000;
const PHRASES = 1_009;

/**
 * Makes a database of so many bytes as `pg_database_size` counts them: 120 tables, each with a primary key, another
 * index, and a foreign key to a small table that all share. The server makes the rows itself, two tables at a time and
 * without WAL if its `wal_level` is minimal. The disk that it takes is that size and no more.
 *
 * Rows have 700 bytes, of which a fifth is noise, so that an archive is about a quarter of what COPY writes.
 */
export async function makeManyTables(
  { createDatabase, sql }: TestPostgres,
  name: string,
  wantedBytes: number,
  tell: (line: string) => void,
): Promise<Pick<BenchDatabase, 'name' | 'sizeBytes'>> {
  await createDatabase(name);
  await sql(name, SHARED);
  const left = Array.from({ length: TABLES }, (_, n) => n);
  const work = async () => {
    for (let n = left.shift(); n !== undefined; n = left.shift()) {
      const rows = Math.ceil(((wantedBytes / TABLES) * (WEIGHTS[n % WEIGHTS.length] ?? 1)) / ROW_BYTES);
      await sql(name, bulkTable(n, rows));
      if (left.length % 20 === 0) tell(`${left.length} tables are left to make`);
    }
  };
  await Promise.all([work(), work()]);
  await sql(name, 'CHECKPOINT');
  const [row] = await sql<{ size: string }>(name, 'SELECT pg_database_size(current_database()) AS size');
  return { name, sizeBytes: Number(row?.size) };
}

const SHARED = `
  CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL);
  INSERT INTO customer SELECT g, md5(g::text) FROM generate_series(1, ${CUSTOMERS}) g;
  CREATE TABLE phrase AS
    SELECT g AS id, (SELECT string_agg(substr(md5((31 * g + n)::text), 1, 3 + n % 5), ' ') FROM generate_series(1, 60) n) AS words
      FROM generate_series(0, ${PHRASES - 1}) g;
  ANALYZE phrase;`;

/** In one transaction, as one query is: what is filled where it was made needs no WAL. */
function bulkTable(n: number, rows: number): string {
  const noise = (salt: string) => `encode(sha512(convert_to('${n}${salt}' || g, 'UTF8')), 'hex')`;
  return `
  CREATE TABLE bulk_${n} AS
    SELECT g AS id, 1 + (g % ${CUSTOMERS})::int AS customer_id, timestamptz '2024-01-01 00:00Z' + g * interval '7 s' AS happened_at,
           (g % 99991)::numeric / 100 AS amount, p.words || ${noise('a')} || ${noise('b')} AS note
      FROM generate_series(1::bigint, ${rows}) g JOIN phrase p ON p.id = g % ${PHRASES};
  ALTER TABLE bulk_${n} ADD PRIMARY KEY (id), ADD FOREIGN KEY (customer_id) REFERENCES customer;
  CREATE INDEX ON bulk_${n} (customer_id, happened_at)`;
}
