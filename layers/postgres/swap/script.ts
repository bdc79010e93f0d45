import type pg from 'pg';
import { DumpError, textOf } from '../../backup/errors.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import { withRestored } from '../contents/restored-session.ts';
import { APPLICATION } from './look.ts';

/**
 * Runs a script of SQL in a database, as one transaction. It is PostgreSQL's own SQL, without psql's commands. It sees all
 * rows: a statement that row-level security would shorten fails.
 *
 * @param file - where it stands, for messages
 * @throws {@link DumpError} with the line that failed; nothing of the script is left then
 * @throws the signal's reason
 */
export async function runInOneTransaction(
  target: ConnectionTarget,
  database: string,
  { file, sql }: { readonly file: string; readonly sql: string },
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const refuse = (problem: string, cause?: unknown) =>
    new DumpError({
      ...{ operation: 'run', subject: file, problem, cause },
      hint: 'it is run as one transaction, without psql: it may hold anything that PostgreSQL runs in one',
    });
  await withRestored(target, database, APPLICATION, signal, async (client) => {
    // A policy then fails what it would have shortened: rows that it hides would stay as they are, unnoticed.
    await client.query('BEGIN; SET LOCAL row_security = off');
    const begun = await transactionOf(client);
    await client.query(sql).catch((error) => {
      throw refuse(placed(error, sql), error);
    });
    // A COMMIT in the script would have left a part of it behind, had something failed later.
    const still = client.getTransactionStatus() === 'T' && (await transactionOf(client)) === begun;
    if (!still) throw refuse('it ends the transaction by itself: leave out COMMIT and ROLLBACK');
    await client.query('COMMIT').catch((error) => {
      throw refuse(textOf(error), error);
    });
  });
}

async function transactionOf(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ id: string }>('SELECT pg_catalog.pg_current_xact_id()::text AS id');
  return rows[0]?.id;
}

/** With the line, where the server says at which character it is. */
function placed(error: unknown, sql: string): string {
  const { position } = error as { position?: string };
  if (position === undefined) return textOf(error);
  const before = Array.from(sql).slice(0, Number(position) - 1);
  const line = before.filter((character) => character === '\n').length + 1;
  return `line ${line}: ${textOf(error)}`;
}
