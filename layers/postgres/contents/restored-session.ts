import type pg from 'pg';
import { connect } from '../connect/connection.ts';
import { CONTENT_SETTINGS } from '../connect/session-settings.ts';
import type { ConnectionTarget } from '../connect/target.ts';

/** Begins the transaction in which a restored database is compared: one state, and values as dump read them. */
export const BEGIN_COMPARING = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = ''; ${CONTENT_SETTINGS}`;

/**
 * Connects to a restored database for as long as the work takes. An abort breaks the connection off, whatever it waits for.
 *
 * @param name - how the server lists the connection
 * @throws the signal's reason, if it aborts
 */
export async function withRestored<T>(
  target: ConnectionTarget,
  database: string,
  name: string,
  signal: AbortSignal,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await connect(target, database, name);
  client.on('error', () => {});
  const stop = () => client.connection.stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await work(client);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    await client.end().catch(() => {});
  }
}
