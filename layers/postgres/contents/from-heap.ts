import type pg from 'pg';

const WAYS = ['enable_seqscan', 'enable_indexscan', 'enable_indexonlyscan', 'enable_bitmapscan'] as const;
const HEAP_ALONE = WAYS.map((way) => `SET LOCAL ${way} = ${way === 'enable_seqscan' ? 'on' : 'off'}`).join('; ');
const ANY_WAY = WAYS.map((way) => `SET LOCAL ${way} = on`).join('; ');

/**
 * Runs a SELECT that reads a table as COPY does: its heap, by no index. A damaged index may lack rows that the archive
 * will hold, and a count by that index would blame the backup for having them.
 *
 * For one query only: the system's own catalogs are read by their indexes.
 *
 * @param sql - one SELECT, without parameters, within a transaction
 * @see https://www.postgresql.org/docs/current/runtime-config-query.html#RUNTIME-CONFIG-QUERY-ENABLE
 */
export async function fromHeap<T extends pg.QueryResultRow>(client: pg.Client, sql: string): Promise<T[]> {
  // Of several statements in one text the driver gives several results.
  const results: unknown = await client.query(`${HEAP_ALONE}; ${sql}; ${ANY_WAY}`);
  return (results as pg.QueryResult<T>[])[WAYS.length]?.rows ?? [];
}
