import pg from 'pg';
import { textOf } from '../../backup/errors.ts';
import { connect } from '../connect/connection.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import { checkIndexes } from './damaged-indexes.ts';
import { endPrepared } from './end-prepared.ts';
import { withRestored } from './restored-session.ts';

export interface PageCheck {
  /** Tables whose every page was read, and B-tree indexes that were compared with their tables. */
  readonly tables: number;
  readonly indexes: number;
  /** Tables that are damaged, each a sentence. */
  readonly damaged: readonly string[];
  /** What may be, or could not be looked at, each a sentence. */
  readonly remarks: readonly string[];
}

const SCHEMA = 'pgvouch_check';

/**
 * Reads every page of every database of a server of our own, by amcheck, which has to be there: PostgreSQL compares each
 * page with its checksum, where there are checksums, and amcheck looks at the rows.
 *
 * A text index may only seem damaged: it is sorted as the machine sorted that it comes from. So that is a remark.
 *
 * @param target - of a superuser; the extension is made where it is lacking
 * @see https://www.postgresql.org/docs/current/amcheck.html
 */
export async function checkPages(target: ConnectionTarget, signal: AbortSignal): Promise<PageCheck> {
  const databases = await listDatabases(target);
  const found = { tables: 0, indexes: 0, damaged: [] as string[], remarks: [] as string[] };
  for (const database of databases) {
    await endPrepared(target, database);
    await withRestored(target, database, 'pgvouch drill', signal, async (client) => {
      const verify = await makeExtension(client).catch((error) => {
        found.remarks.push(`The pages of "${database}" were not checked: ${textOf(error)}.`);
      });
      if (verify === undefined) return;
      found.tables += await checkTables(client, verify, (table, problem) =>
        found.damaged.push(`Table ${table} of "${database}" is damaged: ${problem}.`),
      );
      const looked = await checkIndexes(client, signal, ({ name, problem }) =>
        found.remarks.push(
          `The index ${name} of "${database}" is damaged, or the scratch server sorts otherwise: ${problem}.`,
        ),
      );
      found.indexes += looked ?? 0;
    });
  }
  return { ...found, damaged: some(found.damaged), remarks: some(found.remarks) };
}

async function listDatabases(target: ConnectionTarget): Promise<string[]> {
  const client = await connect(target, 'template1', 'pgvouch drill');
  try {
    const { rows } = await client.query<{ name: string }>(
      'SELECT datname AS name FROM pg_catalog.pg_database WHERE datallowconn ORDER BY 1',
    );
    return rows.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

/** @returns verify_heapam's name */
async function makeExtension(client: pg.Client): Promise<string> {
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}; CREATE EXTENSION IF NOT EXISTS amcheck SCHEMA ${SCHEMA}`);
  const { rows } = await client.query<{ schema: string }>(
    `SELECT n.nspname AS schema FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
      WHERE e.extname = 'amcheck'`,
  );
  return `${pg.escapeIdentifier(rows[0]?.schema ?? SCHEMA)}.verify_heapam`;
}

async function checkTables(
  client: pg.Client,
  verify: string,
  onDamage: (table: string, problem: string) => void,
): Promise<number> {
  const { rows } = await client.query<{ oid: string; name: string }>(TABLES);
  for (const { oid, name } of rows) {
    const problem = await problemOf(client, `SELECT msg FROM ${verify}(${oid}::pg_catalog.oid, true) LIMIT 1`);
    if (problem !== undefined) onDamage(name, problem);
  }
  return rows.length;
}

async function problemOf(client: pg.Client, sql: string): Promise<string | undefined> {
  try {
    const { rows } = await client.query<{ msg: string }>(sql);
    return rows[0]?.msg;
  } catch (error) {
    const { code = '', message } = error as { code?: string; message: string };
    // data_corrupted, as of a page whose checksum is wrong; a block that cannot be read.
    if (['XX001', 'XX002', '58030', '58P01'].includes(code)) return message;
    throw error;
  }
}

/** Those of the access method heap, the system's own with them. */
const TABLES = `
  SELECT c.oid::text AS oid, c.oid::pg_catalog.regclass::text AS name
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_am a ON a.oid = c.relam
   WHERE c.relkind IN ('r', 'm', 't') AND a.amname = 'heap' AND c.relpersistence = 'p'
   ORDER BY 2`;

const MOST = 10;

function some(sentences: readonly string[]): string[] {
  const more = sentences.length - MOST;
  return more > 0 ? [...sentences.slice(0, MOST), `And ${more} more.`] : [...sentences];
}
