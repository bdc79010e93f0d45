import type pg from 'pg';
import { type Restored, relationName } from '../../backup/comparison.ts';
import { readServerFacts } from '../connect/server-facts.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import { contentFingerprint } from './content-fingerprint.ts';
import { listEnumHashed } from './enum-hashes.ts';
import { fromHeap } from './from-heap.ts';
import { countLargeObjects } from './large-objects.ts';
import { countObjects } from './object-counts.ts';
import { listSequences, listTables, qualified, type Relation } from './relations.ts';
import { BEGIN_COMPARING, withRestored } from './restored-session.ts';
import { readSequences } from './sequences.ts';

export interface ReadRestored extends Restored {
  readonly serverVersion: string;
}

/** How many tables are read before the locks on them and their indexes are let go: a server has room for so many. */
const TABLES_AT_ONCE = 20;

/**
 * Reads from a restored database what can be compared with a manifest.
 *
 * @param withFingerprints - also those of the contents, which reads every row whole
 * @param isWanted - which tables' rows; all by default
 */
export async function readRestored(
  target: ConnectionTarget,
  database: string,
  withFingerprints: boolean,
  signal: AbortSignal,
  isWanted: (table: { readonly schema: string; readonly name: string }) => boolean = () => true,
): Promise<ReadRestored> {
  return within(target, database, signal, async (client) => {
    const server = await readServerFacts(client);
    const tables = (await listTables(client, false)).filter((table) => table.hasData && isWanted(table));
    const sequences = await listSequences(client, false);
    const unreadable = await listUnreadable(client, [...tables, ...sequences]);
    const isReadable = (relation: Relation) => !unreadable.has(relationName(relation));
    return {
      ...(await readTables(client, tables.filter(isReadable), withFingerprints, signal)),
      unreadable,
      serverVersion: server.version,
      sequences: await readAllSequences(client, sequences.filter(isReadable)),
      objects: await countObjects(client, server.versionNumber),
      largeObjects: await countLargeObjects(client),
    };
  });
}

/** What tables hold: a part of what {@link readRestored} reads. */
export type Contents = Pick<Restored, 'rows' | 'fingerprints' | 'together'>;

/** Reads what some tables of a restored database hold. */
export async function readContents(
  target: ConnectionTarget,
  database: string,
  tables: readonly Pick<Relation, 'schema' | 'name'>[],
  withFingerprints: boolean,
  signal: AbortSignal,
): Promise<Contents> {
  return within(target, database, signal, (client) => readTables(client, tables, withFingerprints, signal));
}

function within<T>(
  target: ConnectionTarget,
  database: string,
  signal: AbortSignal,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  return withRestored(target, database, 'pgvouch compare', signal, async (client) => {
    await client.query(BEGIN_COMPARING);
    return work(client);
  });
}

async function readTables(
  client: pg.Client,
  tables: readonly Readable[],
  withFingerprints: boolean,
  signal: AbortSignal,
): Promise<Contents> {
  const rows = new Map<string, number>();
  const fingerprints = new Map<string, string>();
  for (const [index, table] of tables.entries()) {
    signal.throwIfAborted();
    if (index % TABLES_AT_ONCE === TABLES_AT_ONCE - 1) await client.query(`COMMIT; ${BEGIN_COMPARING}`);
    rows.set(relationName(table), await countRows(client, `${qualified(table)} ${table.condition ?? ''}`));
    if (withFingerprints && table.extension == null)
      fingerprints.set(relationName(table), await contentFingerprint(client, qualified(table)));
  }
  const together = await listEnumHashed(client);
  return { rows, together, fingerprints: withFingerprints ? fingerprints : undefined };
}

type Readable = Pick<Relation, 'schema' | 'name'> & Partial<Pick<Relation, 'extension' | 'condition'>>;

/** Providers keep extensions' tables for themselves, and pg_cron shows each role its own jobs. */
async function listUnreadable(client: pg.Client, relations: readonly Relation[]): Promise<ReadonlySet<string>> {
  const oids = relations.filter(({ extension }) => extension !== null).map(({ oid }) => oid);
  const { rows } = await client.query<{ schema: string; name: string }>(
    `SELECT n.nspname AS schema, c.relname AS name
       FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.oid = ANY ($1::pg_catalog.oid[])
        AND (pg_catalog.row_security_active(c.oid) OR NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')
             OR NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE'))`,
    [oids],
  );
  return new Set(rows.map(relationName));
}

/** @param from - a table, perhaps with a condition */
async function countRows(client: pg.Client, from: string): Promise<number> {
  const [counted] = await fromHeap<{ count: string }>(client, `SELECT count(*) FROM ONLY ${from}`);
  return Number(counted?.count);
}

async function readAllSequences(client: pg.Client, sequences: readonly Relation[]): Promise<Restored['sequences']> {
  const states = (await readSequences(client, sequences)) ?? [];
  return new Map(
    sequences.flatMap((sequence, index) => {
      const state = states[index];
      return state ? [[relationName(sequence), state] as const] : [];
    }),
  );
}
