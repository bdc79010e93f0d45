import pg from 'pg';
import type { Remark } from '../../backup/remarks.ts';
import { connect } from '../connect/connection.ts';
import type { ConnectionTarget } from '../connect/target.ts';

/**
 * Has amcheck look for rows that B-tree indexes lack, or hold in another order than they are compared in now. A damaged
 * index says nothing against a backup, which reads the tables; but the application does not find those rows, and where the
 * index is unique, rows may be there twice, which no restore accepts.
 *
 * @returns a remark on each damaged index, or on why nobody could look; never an error: the backup comes first
 * @see https://www.postgresql.org/docs/current/amcheck.html
 */
export async function findDamagedIndexes(
  target: ConnectionTarget,
  database: string,
  signal: AbortSignal,
): Promise<Remark[]> {
  const remarks: Remark[] = [];
  let client: pg.Client | undefined;
  const stop = () => client?.connection.stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    client = await connect(target, database, 'pgvouch dump');
    client.on('error', () => {});
    const found = await checkIndexes(client, signal, ({ name, problem }) => remarks.push(damaged(name, problem)));
    return found === undefined ? [unchecked('the extension amcheck is not in the database')] : remarks;
  } catch (error) {
    return [...remarks, unchecked((error as Error).message)];
  } finally {
    signal.removeEventListener('abort', stop);
    await client?.end().catch(() => {});
  }
}

/**
 * Has amcheck look at every B-tree index of a database.
 *
 * @param onDamage - called for each that is damaged
 * @returns how many were looked at; undefined if the extension is not in the database
 */
export async function checkIndexes(
  client: pg.Client,
  signal: AbortSignal,
  onDamage: (index: { readonly name: string; readonly problem: string }) => void,
): Promise<number | undefined> {
  const check = await findCheck(client);
  if (check === undefined) return undefined;
  const { rows } = await client.query<{ oid: string; name: string }>(INDEXES);
  for (const { oid, name } of rows) {
    const problem = await checkOne(client, `SELECT ${check}(${oid}::pg_catalog.oid::pg_catalog.regclass, true)`);
    if (problem !== undefined) onDamage({ name, problem });
    if (signal.aborted) break;
  }
  return rows.length;
}

async function findCheck(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ schema: string }>(
    `SELECT n.nspname AS schema FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
      WHERE e.extname = 'amcheck'`,
  );
  return rows[0] && `${pg.escapeIdentifier(rows[0].schema)}.bt_index_check`;
}

/** @returns what is wrong with the index; undefined if nothing is, or it is gone by now */
async function checkOne(client: pg.Client, sql: string): Promise<string | undefined> {
  try {
    await client.query(sql);
    return undefined;
  } catch (error) {
    const { code = '', message } = error as { code?: string; message: string };
    if (DAMAGED.includes(code)) return message;
    if (GONE.includes(code)) return undefined;
    throw error;
  }
}

/** data_corrupted, index_corrupted. */
const DAMAGED = ['XX001', 'XX002'];
/** undefined_table, undefined_object; object_not_in_prerequisite_state, as of one that is being built. */
const GONE = ['42P01', '42704', '55000'];

const INDEXES = `
  SELECT i.indexrelid::text AS oid, i.indexrelid::pg_catalog.regclass::text AS name
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_am a ON a.oid = c.relam JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE a.amname = 'btree' AND c.relkind = 'i' AND i.indisvalid AND i.indisready AND i.indislive
     AND c.relpersistence = CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'p' ELSE c.relpersistence END
     AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   ORDER BY 2`;

function damaged(name: string, problem: string): Remark {
  return {
    text: `The index ${name} is damaged, and the backup is not: ${problem}. Look for rows that are there twice if it is unique, and REINDEX INDEX ${name}.`,
  };
}

function unchecked(why: string): Remark {
  return { text: `Indexes were not checked: ${why}.` };
}
