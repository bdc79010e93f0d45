import type pg from 'pg';
import type { TableCount } from '../../backup/manifest.ts';
import { serverError } from '../connect/server-error.ts';
import { CONTENT_SETTINGS } from '../connect/session-settings.ts';
import { contentFingerprint } from './content-fingerprint.ts';
import { fromHeap } from './from-heap.ts';
import { qualified, type Relation } from './relations.ts';

export interface CountOptions {
  readonly signal: AbortSignal;
  /** Asks the server to end the session's query. */
  readonly cancel: () => void;
  /** Also take a fingerprint of each table's contents, which reads every row whole. */
  readonly fingerprints: boolean;
}

/** How many tables are read before the locks on their indexes are let go: a server has room for so many. */
const TABLES_AT_ONCE = 20;

/**
 * Counts the rows of every table that has data, under the session's snapshot, as pg_dump will write them.
 *
 * The session must be the one that holds the tables' locks: any other would queue behind an ALTER TABLE that itself
 * waits for those locks, and neither would ever end.
 *
 * @throws whatever `signal` was aborted with, or {@link DumpError}
 */
export async function countRows(
  exporter: pg.Client,
  tables: readonly Relation[],
  database: string,
  { signal, cancel, fingerprints }: CountOptions,
): Promise<TableCount[]> {
  const counts: TableCount[] = [];
  signal.addEventListener('abort', cancel, { once: true });
  try {
    if (fingerprints) await exporter.query(CONTENT_SETTINGS);
    await exporter.query('SAVEPOINT counts');
    for (const table of tables.filter(({ hasData }) => hasData)) {
      signal.throwIfAborted();
      if (counts.length % TABLES_AT_ONCE === TABLES_AT_ONCE - 1) await exporter.query('ROLLBACK TO SAVEPOINT counts');
      const counting = `SELECT count(*) AS rows, pg_total_relation_size(${table.oid}) AS size FROM ONLY ${qualified(table)} ${table.condition ?? ''}`;
      const [counted] = await fromHeap<{ rows: string; size: string }>(exporter, counting).catch((error) => {
        signal.throwIfAborted();
        throw serverError('count the rows of', `${qualified(table)} in "${database}"`, error);
      });
      const { schema, name, extension } = table;
      const count = { schema, name, rows: Number(counted?.rows), sizeBytes: Number(counted?.size) };
      if (extension !== null) counts.push({ ...count, extension });
      else if (!fingerprints) counts.push(count);
      else counts.push({ ...count, fingerprint: await contentFingerprint(exporter, qualified(table)) });
    }
    return counts;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
