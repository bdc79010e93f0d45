import type pg from 'pg';

/**
 * Begins a read-only transaction that may sit idle while others work.
 *
 * @param idleTimeoutMs - the server ends the session after this time, should we vanish without a word
 */
export async function beginReadOnly(
  client: pg.Client,
  isolation: 'READ COMMITTED' | 'REPEATABLE READ',
  idleTimeoutMs: number,
): Promise<void> {
  const idle = `SET LOCAL idle_in_transaction_session_timeout = ${Math.ceil(idleTimeoutMs)}`;
  await client.query(`BEGIN ISOLATION LEVEL ${isolation} READ ONLY; ${idle}; SET LOCAL search_path = ''`);
}
