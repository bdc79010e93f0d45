import { createHash } from 'node:crypto';
import type { TestPostgres } from '../servers/postgres.ts';

/** What a database's tables hold, by name: each the hash of its rows as text, in the order of that text. */
export async function contentsOf(postgres: TestPostgres, database: string): Promise<Record<string, string>> {
  const tables = await postgres.sql<{ name: string }>(
    database,
    `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
      WHERE relkind IN ('r', 'm') AND nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1`,
  );
  const contents: Record<string, string> = {};
  for (const { name } of tables) {
    const rows = await postgres.sql<{ row: string }>(database, `SELECT t::text AS row FROM ${name} t ORDER BY 1`);
    contents[name] = createHash('sha256')
      .update(rows.map(({ row }) => row).join('\n'))
      .digest('hex');
  }
  return contents;
}
