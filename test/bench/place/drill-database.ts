import type { TestPostgres } from '../../support/servers/postgres.ts';
import { makeDatabase } from './database.ts';

export interface DrillDatabase {
  readonly name: string;
  /** What pg_database_size says, indexes and all. */
  readonly sizeBytes: number;
}

/**
 * Makes a database of about so many bytes of COPY data, whose largest table is not the first by name: a half is in `event`, the rest in
 * four tables before it. Each has a primary key, two more indexes, one of them over texts, and but for `event` a foreign key.
 */
export async function makeDrillDatabase(
  postgres: TestPostgres,
  psql: string,
  name: string,
  wantedBytes: number,
): Promise<DrillDatabase> {
  await makeDatabase(postgres, psql, name, wantedBytes / 2);
  await postgres.sql(name, [moreIndexes('event'), ...[0, 1, 2, 3].map(bought)].join(';'));
  await postgres.sql(name, 'VACUUM (ANALYZE, FREEZE)');
  await postgres.sql(name, 'CHECKPOINT');
  const [row] = await postgres.sql<{ size: string }>(name, 'SELECT pg_database_size(current_database()) AS size');
  return { name, sizeBytes: Number(row?.size) };
}

function bought(n: number): string {
  const table = `bought_${n}`;
  return `CREATE TABLE ${table} AS SELECT * FROM event WHERE id % 4 = ${n};
    ALTER TABLE ${table} ADD PRIMARY KEY (id), ADD FOREIGN KEY (id) REFERENCES event;
    CREATE INDEX ON ${table} (customer_id, happened_at);
    ${moreIndexes(table)}`;
}

function moreIndexes(table: string): string {
  return `CREATE INDEX ON ${table} (note)`;
}
