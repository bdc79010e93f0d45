import type pg from 'pg';
import { relationName } from '../../backup/comparison.ts';
import type { Manifest, TableCount } from '../../backup/manifest.ts';
import type { TableAtMark } from '../../backup/mark-comparison.ts';
import { connect } from '../connect/connection.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import { contentFingerprint } from './content-fingerprint.ts';
import { fromHeap } from './from-heap.ts';
import { qualified } from './relations.ts';
import { BEGIN_COMPARING, withRestored } from './restored-session.ts';

export interface ReadAtMark {
  /** Whether no transaction was committed that the snapshot does not see. */
  readonly isExact: boolean;
  /** By the name of comparison.ts; what is not there is left out. */
  readonly tables: ReadonlyMap<string, TableAtMark>;
  readonly unlogged: ReadonlySet<string>;
}

/** How many tables are read before the locks on them are let go. */
const TABLES_AT_ONCE = 20;
/** Transactions between the snapshot and the position, beyond which nobody looks at each. */
const MOST_TRANSACTIONS = 100_000;

/**
 * Reads from a server that was recovered to a dump's position what can be compared with the dump's manifest.
 *
 * @param snapshot - the dump's
 * @returns undefined if the database is not there
 */
export async function readAtMark(
  target: ConnectionTarget,
  database: string,
  { transactions }: NonNullable<Manifest['snapshot']>,
  wanted: readonly TableCount[],
  signal: AbortSignal,
): Promise<ReadAtMark | undefined> {
  if (!(await hasDatabase(target, database))) return undefined;
  return withRestored(target, database, 'pgvouch compare', signal, async (client) => {
    await client.query(BEGIN_COMPARING);
    const isExact = await isSameState(client, transactions);
    const kinds = await readPersistence(client);
    const tables = new Map<string, TableAtMark>();
    for (const [index, table] of wanted.entries()) {
      if (kinds.get(relationName(table)) !== 'p' || table.extension !== undefined) continue;
      if (index % TABLES_AT_ONCE === TABLES_AT_ONCE - 1) await client.query(`COMMIT; ${BEGIN_COMPARING}`);
      tables.set(relationName(table), await readTable(client, table, isExact, transactions));
    }
    const unlogged = new Set([...kinds].flatMap(([name, kind]) => (kind === 'u' ? [name] : [])));
    return { isExact, tables, unlogged };
  });
}

async function hasDatabase(target: ConnectionTarget, database: string): Promise<boolean> {
  const client = await connect(target, 'template1', 'pgvouch compare');
  try {
    const { rows } = await client.query('SELECT FROM pg_catalog.pg_database WHERE datname = $1', [database]);
    return rows.length > 0;
  } finally {
    await client.end();
  }
}

/**
 * Whether everything that is committed here was seen by the snapshot: neither one of those that were under way then, nor a
 * later one. Those that it saw are committed here: they were in the WAL before.
 */
async function isSameState(client: pg.Client, transactions: string): Promise<boolean> {
  const { rows } = await client.query<{ beyond: string }>(
    `WITH snapshots AS (
       SELECT $1::pg_catalog.pg_snapshot AS dump, pg_catalog.pg_current_snapshot() AS here
     ), bounds AS (
       SELECT dump, pg_catalog.pg_snapshot_xmax(dump)::text::numeric AS first,
              pg_catalog.pg_snapshot_xmax(here)::text::numeric AS next FROM snapshots
     ), unseen AS (
       SELECT xid::text::numeric AS number FROM bounds, pg_catalog.pg_snapshot_xip(dump) AS xid
       UNION ALL SELECT number FROM bounds, generate_series(first, least(next - 1, first + ${MOST_TRANSACTIONS})) AS number
     )
     SELECT count(*) AS beyond FROM unseen, bounds
      WHERE next > first + ${MOST_TRANSACTIONS}
         -- Of one that has written nothing yet this server does not know.
         OR CASE WHEN number < next THEN pg_catalog.pg_xact_status(number::text::pg_catalog.xid8) = 'committed' END`,
    [transactions],
  );
  return rows[0]?.beyond === '0';
}

async function readPersistence(client: pg.Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ schema: string; name: string; kind: string }>(
    `SELECT n.nspname AS schema, c.relname AS name, c.relpersistence AS kind
       FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'`,
  );
  return new Map(rows.map((row) => [relationName(row), row.kind]));
}

async function readTable(
  client: pg.Client,
  table: TableCount,
  isExact: boolean,
  transactions: string,
): Promise<TableAtMark> {
  const name = qualified(table);
  if (isExact) {
    const [counted] = await fromHeap<{ rows: string }>(client, `SELECT count(*) AS rows FROM ONLY ${name}`);
    const fingerprint = table.fingerprint === undefined ? undefined : await contentFingerprint(client, name);
    return { rows: Number(counted?.rows), unseen: 0, recent: 0, fingerprint };
  }
  const [oldest = '0'] = transactions.split(':');
  // Of 64 bits a row has 32. Recent ones are of the same 2^32 transactions, counted from the oldest that was under way.
  const since = (BigInt(oldest) & 0xffff_ffffn).toString();
  const recent = `pg_catalog.age(xmin) <= pg_catalog.age('${since}'::pg_catalog.xid)`;
  const full = `(${oldest} + ((xmin::text::bigint - ${since} + 4294967296) % 4294967296))::text::pg_catalog.xid8`;
  const [counted] = await fromHeap<{ rows: string; unseen: string; recent: string }>(
    client,
    `SELECT count(*) AS rows, count(*) FILTER (WHERE ${recent}) AS recent,
            count(*) FILTER (WHERE CASE WHEN ${recent}
              THEN NOT pg_catalog.pg_visible_in_snapshot(${full}, '${transactions}'::pg_catalog.pg_snapshot) END) AS unseen
       FROM ONLY ${name}`,
  );
  return { rows: Number(counted?.rows), unseen: Number(counted?.unseen), recent: Number(counted?.recent) };
}
