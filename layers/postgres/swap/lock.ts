import { connect } from '../connect/connection.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import { beginReadOnly } from '../connect/transaction.ts';
import { MAINTENANCE_DATABASE } from '../places/restore-target.ts';
import { APPLICATION } from './look.ts';

/**
 * Keeps two refreshes of one database apart, for as long as it is held: whoever ends, or is killed, lets it go. It is the lock of
 * a transaction, since those of sessions outlive their clients in a pooler.
 *
 * @param idleMs - the server lets it go after this time, should we vanish without a word
 * @returns undefined if another one holds it
 */
export async function holdRefreshLock(
  target: ConnectionTarget,
  database: string,
  idleMs: number,
): Promise<{ release(): Promise<void> } | undefined> {
  const client = await connect(target, MAINTENANCE_DATABASE, APPLICATION);
  // Without the lock nothing breaks: whoever comes then drops what we make, and we fail.
  client.on('error', () => {});
  try {
    await beginReadOnly(client, 'READ COMMITTED', idleMs);
    const { rows } = await client.query<{ held: boolean }>(
      `SELECT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('pgvouch refresh ' || $1, 0)) AS held`,
      [database],
    );
    if (rows[0]?.held) return { release: () => client.end().catch(() => {}) };
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
  await client.end();
  return undefined;
}
