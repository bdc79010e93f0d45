import pg from 'pg';
import { textOf } from '../../backup/errors.ts';
import { connect } from '../connect/connection.ts';
import type { ConnectionTarget } from '../connect/target.ts';

/**
 * Collects the planner's statistics, which an archive does not hold: without them queries on restored tables are slow
 * until autovacuum comes by.
 *
 * @param tables - only these; all that the role may analyze by default
 * @returns why it was not done, if so: nothing of what was restored depends on it
 * @throws the signal's reason
 * @see https://www.postgresql.org/docs/current/app-pgrestore.html, Notes
 */
export async function analyze(
  target: ConnectionTarget,
  database: string,
  tables: readonly { readonly schema: string; readonly name: string }[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const names = tables.map(({ schema, name }) => `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`);
  try {
    const client = await connect(target, database, 'pgvouch analyze');
    const stop = () => void client.end().catch(() => {});
    signal.addEventListener('abort', stop, { once: true });
    try {
      await client.query(`ANALYZE ${names.join(', ')}`);
      return undefined;
    } finally {
      signal.removeEventListener('abort', stop);
      await client.end().catch(() => {});
    }
  } catch (error) {
    signal.throwIfAborted();
    return textOf(error);
  }
}
