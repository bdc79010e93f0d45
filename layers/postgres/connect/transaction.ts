import type pg from 'pg';

/**
 * Begins a read-only transaction that may sit idle while others work, whatever limits the role or the database has set
 * for short queries.
 *
 * @param versionNumber - as `server_version_num`; 0 while it is not known yet
 * @param idleTimeoutMs - the server ends the session after this time, should we vanish without a word
 */
export async function beginReadOnly(
  client: pg.Client,
  isolation: 'READ COMMITTED' | 'REPEATABLE READ',
  versionNumber: number,
  idleTimeoutMs: number,
): Promise<void> {
  const idle = `SET LOCAL idle_in_transaction_session_timeout = ${Math.ceil(idleTimeoutMs)}`;
  await client.query(
    `BEGIN ISOLATION LEVEL ${isolation} READ ONLY; ${noTimeouts(versionNumber)}; ${idle}; SET LOCAL search_path = ''`,
  );
}

/** Lifts those limits in the transaction under way. `transaction_timeout` came with 17. */
export function noTimeouts(versionNumber: number): string {
  const names = ['statement_timeout', 'lock_timeout', ...(versionNumber >= 170000 ? ['transaction_timeout'] : [])];
  return names.map((name) => `SET LOCAL ${name} = 0`).join('; ');
}
