import type pg from 'pg';
import { DumpError, textOf } from '../../backup/errors.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import { withRestored } from '../contents/restored-session.ts';
import { APPLICATION } from './look.ts';

/**
 * Fills anew every materialized view that is filled, so that none keeps rows from before the tables were changed.
 *
 * All of them are emptied first. A view that reads another one then fails until that one is filled, and is tried again; it never
 * reads old rows, not even through a function.
 *
 * @throws {@link DumpError} naming one that cannot be filled
 * @throws the signal's reason
 * @see https://www.postgresql.org/docs/current/sql-refreshmaterializedview.html
 */
export async function refillMaterializedViews(
  target: ConnectionTarget,
  database: string,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  await withRestored(target, database, APPLICATION, signal, async (client) => {
    // As pg_restore fills them.
    await client.query(`SET search_path = ''`);
    const { rows } = await client.query<{ view: string }>(FILLED);
    const views = rows.map(({ view }) => view);
    for (const view of views) {
      const error = await refill(client, view, 'WITH NO DATA');
      if (error !== undefined) throw failed(view, error);
    }
    let left = views;
    while (left.length > 0) {
      const waiting: { readonly view: string; readonly error: unknown }[] = [];
      for (const view of left) {
        const error = await refill(client, view, 'WITH DATA');
        if (error === undefined) continue;
        if ((error as { code?: string }).code !== NOT_FILLED) throw failed(view, error);
        waiting.push({ view, error });
      }
      const [first] = waiting;
      if (first !== undefined && waiting.length === left.length) throw failed(first.view, first.error);
      left = waiting.map(({ view }) => view);
    }
  });
}

/** object_not_in_prerequisite_state: what it reads has not been populated. */
const NOT_FILLED = '55000';

/** Made in the archive's order, which is that of what they read: few have to be tried twice. */
const FILLED = `
  SELECT oid::pg_catalog.regclass::pg_catalog.text AS view FROM pg_catalog.pg_class
   WHERE relkind = 'm' AND relispopulated ORDER BY pg_class.oid`;

/** @returns why it was not done */
async function refill(client: pg.Client, view: string, how: string): Promise<unknown> {
  return client.query(`REFRESH MATERIALIZED VIEW ${view} ${how}`).then(
    () => undefined,
    (error: unknown) => error,
  );
}

function failed(view: string, cause: unknown): DumpError {
  return new DumpError({
    ...{ operation: 'refresh the materialized view', subject: view, problem: textOf(cause), cause },
    hint: 'it would have kept rows that are not masked: make it work for the role, or drop it in the masking file',
  });
}
