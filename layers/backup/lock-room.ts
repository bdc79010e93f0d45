/** What a server has for locks, by its settings. */
export interface LockRoom {
  readonly locksPerTransaction: number;
  readonly connections: number;
}

/** Others hold locks meanwhile, and reading a table takes those of its indexes. */
const RESERVE = 1.3;

/**
 * Which `max_locks_per_transaction` a dump needs. The server shares out this many locks for each connection that it
 * allows; a dump holds one on every table.
 *
 * @see https://www.postgresql.org/docs/current/runtime-config-locks.html
 */
export function locksNeeded(tables: number, { locksPerTransaction, connections }: LockRoom): number {
  return locksPerTransaction + Math.ceil((RESERVE * tables) / Math.max(1, connections));
}
