import type pg from 'pg';
import type { ConnectionTarget } from '../connect/target.ts';
import { watch } from './watch.ts';

const EVERY_MS = 1_000;

/**
 * Tells now and then how large a database is, in bytes. Only for show: if the server does not answer, nothing is shown.
 *
 * @returns ends it
 */
export function watchDatabaseSize(
  target: ConnectionTarget,
  database: string,
  onSize: (sizeBytes: number) => void,
): () => Promise<void> {
  return watch(target, database, EVERY_MS, readSize, onSize);
}

async function readSize(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ size: string }>('SELECT pg_database_size(current_database()) AS size');
  return Number(rows[0]?.size);
}
