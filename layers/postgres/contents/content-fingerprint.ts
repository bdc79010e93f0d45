import type pg from 'pg';
import { fromHeap } from './from-heap.ts';

/**
 * A fingerprint of a table's contents: the sum of a 64-bit hash over each row's text, in whatever order they come. Two
 * equal tables have equal ones; unequal ones differ but for a chance in 2^64. It is no proof against forgery.
 *
 * One hash, not two: making a row's text takes most of the time, and would be done for each.
 *
 * @param client - in a transaction with {@link CONTENT_SETTINGS}
 * @param table - the qualified name, quoted
 * @param condition - `WHERE …`, or nothing
 * @returns the sum in decimal digits; `0` for no rows
 */
export async function contentFingerprint(client: pg.Client, table: string, condition = ''): Promise<string> {
  const row = await rowByName(client, table);
  // A sum of int8 is numeric: it cannot overflow.
  const [found] = await fromHeap<{ sum: string | null }>(
    client,
    `SELECT sum(hashtextextended(${row}::text COLLATE "C", 1))::text AS sum FROM ONLY ${table} t ${condition}`,
  );
  return found?.sum ?? '0';
}

/** By name, since a restored table that inherits may have its columns in another order. */
async function rowByName(client: pg.Client, table: string): Promise<string> {
  const { rows } = await client.query<{ columns: string | null }>(
    `SELECT string_agg('t.' || quote_ident(attname), ', ' ORDER BY attname COLLATE "C") AS columns
       FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [table],
  );
  return `ROW(${rows[0]?.columns ?? ''})`;
}
