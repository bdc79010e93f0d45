import type pg from 'pg';

/**
 * Asks for what can be done without: servers that are almost PostgreSQL lack functions, or refuse them, as Aurora's
 * readers do with those on WAL. The transaction under way goes on.
 *
 * @returns undefined if the server refuses
 */
export async function askIfAllowed<T extends pg.QueryResultRow>(
  client: pg.Client,
  sql: string,
): Promise<T[] | undefined> {
  const inTransaction = client.getTransactionStatus() === 'T';
  if (inTransaction) await client.query('SAVEPOINT ask');
  try {
    const { rows } = await client.query<T>(sql);
    if (inTransaction) await client.query('RELEASE SAVEPOINT ask');
    return rows;
  } catch (error) {
    // An answer of the server has a SQLSTATE; without one the connection broke.
    if (!/^[0-9A-Z]{5}$/.test((error as { code?: string }).code ?? '') || ENDS.test((error as { code: string }).code)) {
      throw error;
    }
    if (inTransaction) await client.query('ROLLBACK TO SAVEPOINT ask; RELEASE SAVEPOINT ask');
    return undefined;
  }
}

/** Connection failures, a session that is ended or a query that is cancelled, shortages: those are no answer to the question. */
const ENDS = /^(08|53|57|58|40)/;
