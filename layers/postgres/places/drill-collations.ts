import pg from 'pg';
import type { Collation } from '../../backup/collations.ts';
import { relationName } from '../../backup/comparison.ts';
import type { FoundVersions } from '../../backup/text-order.ts';
import { askIfAllowed } from '../connect/ask.ts';

/**
 * Makes those of the system's collations that a backup names and that the server lacks. A cluster gets them from what the
 * machine has when it is made, and under the names of that machine.
 *
 * Where the role may not, or the locale is lacking, pg_restore will say what it misses.
 */
export async function makeSystemCollations(client: pg.Client, collations: readonly Collation[]): Promise<void> {
  for (const { schema, name, provider, collate, ctype, locale } of collations) {
    if (schema !== 'pg_catalog') continue;
    const options =
      provider === 'libc'
        ? `lc_collate = ${pg.escapeLiteral(collate ?? '')}, lc_ctype = ${pg.escapeLiteral(ctype ?? '')}`
        : `locale = ${pg.escapeLiteral(locale ?? '')}`;
    const create = `CREATE COLLATION IF NOT EXISTS pg_catalog.${pg.escapeIdentifier(name)}`;
    await askIfAllowed(client, `${create} (provider = ${provider}, ${options})`);
  }
}

/** The versions by which the server sorts in this database. */
export async function readVersions(client: pg.Client): Promise<FoundVersions> {
  const own = await askIfAllowed<{ version: string | null }>(
    client,
    'SELECT datcollversion AS version FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()',
  );
  const { rows } = await client.query<{ schema: string; name: string; version: string }>(`
    SELECT nspname AS schema, collname AS name, collversion AS version
      FROM pg_catalog.pg_collation JOIN pg_catalog.pg_namespace n ON n.oid = collnamespace
      JOIN pg_catalog.pg_database ON datname = pg_catalog.current_database()
     WHERE collversion IS NOT NULL AND collencoding IN (-1, encoding)`);
  return {
    own: own?.[0]?.version ?? undefined,
    collations: new Map(rows.map((row) => [relationName(row), row.version])),
  };
}
