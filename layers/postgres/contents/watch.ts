import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { connect } from '../connect/connection.ts';
import type { ConnectionTarget } from '../connect/target.ts';

/**
 * Asks a database something again and again, on a connection of its own. Only for show: if the server does not answer, it
 * ends quietly.
 *
 * @param tell - gets each answer, but none after the end
 * @returns ends it
 */
export function watch<T>(
  target: ConnectionTarget,
  database: string,
  everyMs: number,
  ask: (client: pg.Client) => Promise<T>,
  tell: (answer: T) => void,
): () => Promise<void> {
  const stop = new AbortController();
  const watching = (async () => {
    const client = await connect(target, database, 'pgvouch watch');
    try {
      while (!stop.signal.aborted) {
        const answer = await ask(client);
        if (!stop.signal.aborted) tell(answer);
        await delay(everyMs, undefined, { signal: stop.signal });
      }
    } finally {
      await client.end();
    }
  })().catch(() => {});
  return async () => {
    stop.abort();
    await watching;
  };
}
