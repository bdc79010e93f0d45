import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { connect } from '../connect/connection.ts';
import type { ConnectionTarget } from '../connect/target.ts';

const EVERY_MS = 1_000;

/**
 * Tells now and then how large a database is, in bytes. Only for show: if the server does not answer, nothing is told.
 *
 * @returns ends it
 */
export function watchDatabaseSize(
  target: ConnectionTarget,
  database: string,
  onSize: (sizeBytes: number) => void,
): () => Promise<void> {
  const stop = new AbortController();
  const watching = (async () => {
    const client = await connect(target, database, 'pgvouch watch');
    try {
      while (!stop.signal.aborted) {
        const sizeBytes = await readSize(client);
        if (!stop.signal.aborted) onSize(sizeBytes);
        await delay(EVERY_MS, undefined, { signal: stop.signal });
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

async function readSize(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ size: string }>('SELECT pg_database_size(current_database()) AS size');
  return Number(rows[0]?.size);
}
