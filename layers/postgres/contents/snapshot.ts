import type pg from 'pg';
import { DumpError, textOf } from '../../backup/errors.ts';
import { locksNeeded } from '../../backup/lock-room.ts';
import type { Manifest, SequenceState } from '../../backup/manifest.ts';
import type { Remark } from '../../backup/remarks.ts';
import type { Selection } from '../../backup/selection.ts';
import { askIfAllowed } from '../connect/ask.ts';
import type { ServerFacts } from '../connect/server-facts.ts';
import { beginReadOnly } from '../connect/transaction.ts';
import { listSequences, listTables, qualified, type Relation, sameRelations } from './relations.ts';
import { matchSelection, type Selected } from './selected.ts';
import { readSequences } from './sequences.ts';
import { ifStillThere } from './vanished.ts';

export interface SnapshotOptions {
  readonly idleTimeoutMs: number;
  /** How long a table's lock is waited for. */
  readonly lockTimeoutMs: number;
  /** What is dumped; everything by default. */
  readonly selection?: Selection;
  /** Called between the steps; tests race DDL against them. */
  readonly onStep?: (step: DumpStep) => Promise<void> | void;
}

export type DumpStep = 'listed' | 'locked' | 'exported' | 'relisted';

export interface Snapshot {
  readonly id: string;
  /** The instant that it shows. */
  readonly at: Date;
  /** The exporting session's, to cancel its query by. */
  readonly pid: number;
  readonly tables: readonly Relation[];
  readonly sequences: readonly Relation[];
  readonly sequencesBefore: readonly SequenceState[];
  /** That its instant is not certain. */
  readonly remarks: readonly Remark[];
  /** Where in the WAL it is; undefined where the server does not say it. */
  readonly mark: Manifest['snapshot'];
  /** What the patterns of the selection match under it. */
  readonly selected: Selected;
}

const MOST_ATTEMPTS = 10;

/**
 * Exports a snapshot under which the tables listed are exactly those that pg_dump will see, with the rows it will see.
 *
 * Every table is locked before the snapshot is taken: otherwise a TRUNCATE in between, which is not MVCC-safe, would
 * leave pg_dump with nothing where the snapshot counts rows. If the list changed meanwhile, all of it starts over.
 *
 * @param guard - within a READ COMMITTED transaction, sees what is there now
 * @param exporter - holds the snapshot and the locks in its transaction afterwards
 * @throws {@link DumpError} if the tables never hold still
 * @see https://www.postgresql.org/docs/current/mvcc-caveats.html
 */
export async function exportSnapshot(
  guard: pg.Client,
  exporter: pg.Client,
  server: ServerFacts,
  { idleTimeoutMs, lockTimeoutMs, selection = [], onStep }: SnapshotOptions,
): Promise<Snapshot> {
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    const tables = await listTables(guard, server.standby, await matchSelection(guard, selection));
    await onStep?.('listed');
    await beginReadOnly(exporter, 'REPEATABLE READ', idleTimeoutMs);
    await exporter.query(`SET LOCAL lock_timeout = ${Math.ceil(lockTimeoutMs)}; SET LOCAL row_security = off`);
    const locked = await ifStillThere(lockTables(exporter, tables)).catch(async (error) => {
      throw (error as { code?: string }).code === '53200' ? await lacksLockRoom(guard, tables.length, error) : error;
    });
    await onStep?.('locked');
    if (locked) {
      const taken = await takeSnapshot(guard, exporter, server.standby);
      await onStep?.('exported');
      const selected = await matchSelection(exporter, selection);
      const seen = await listTables(exporter, server.standby, selected);
      const sequences = await listSequences(exporter, server.standby, selected);
      await onStep?.('relisted');
      if (sameRelations(tables, seen)) {
        const sequencesBefore = await readSequences(guard, sequences);
        if (sequencesBefore) return { ...taken, tables: seen, sequences, sequencesBefore, selected };
      }
    }
    await exporter.query('ROLLBACK');
  }
  throw new DumpError({
    operation: 'export a snapshot of',
    subject: 'the database',
    problem: `tables were created or dropped during each of ${MOST_ATTEMPTS} attempts`,
    hint: 'dump while no migration is running, or make short-lived tables TEMPORARY',
  });
}

/** Nothing in here may be a query: the first query takes the snapshot, and must come after the locks. */
async function lockTables(exporter: pg.Client, tables: readonly Relation[]): Promise<true> {
  const batch = 500;
  for (let index = 0; index < tables.length; index += batch) {
    const names = tables.slice(index, index + batch).map((table) => `ONLY ${qualified(table)}`);
    await exporter.query(`LOCK TABLE ${names.join(', ')} IN ACCESS SHARE MODE`);
  }
  return true;
}

async function lacksLockRoom(guard: pg.Client, tables: number, cause: unknown): Promise<DumpError> {
  const { rows } = await guard.query<{ locks: string; connections: string }>(
    `SELECT current_setting('max_locks_per_transaction') AS locks, current_setting('max_connections') AS connections`,
  );
  const locksPerTransaction = Number(rows[0]?.locks);
  const needed = locksNeeded(tables, { locksPerTransaction, connections: Number(rows[0]?.connections) });
  return new DumpError({
    operation: 'lock the tables of',
    subject: 'the database',
    problem: `the server has no room for the locks on ${tables} tables (max_locks_per_transaction is ${locksPerTransaction}): ${textOf(cause)} (SQLSTATE 53200)`,
    hint: `set max_locks_per_transaction = ${needed} on the server, and restart it`,
    cause,
  });
}

/**
 * The instant is that of the statement, just before its snapshot: everything committed by then is in. A standby shows
 * its primary's past: unless it streams and has replayed all, the instant is that of the last transaction replayed.
 */
async function takeSnapshot(
  guard: pg.Client,
  exporter: pg.Client,
  standby: boolean,
): Promise<Pick<Snapshot, 'id' | 'at' | 'pid' | 'remarks' | 'mark'>> {
  const replayedAt = standby ? await replayInstant(guard) : undefined;
  const { rows } = await exporter.query<{ id: string; at: Date; pid: number }>(
    'SELECT pg_export_snapshot() AS id, statement_timestamp() AS at, pg_backend_pid() AS pid',
  );
  const [row] = rows;
  if (row === undefined) throw new Error('a SELECT without FROM gives one row');
  const isUnknown = standby && replayedAt === undefined;
  const mark = standby ? undefined : await markOf(guard, exporter);
  return { ...row, mark, at: replayedAt ?? row.at, remarks: isUnknown ? [UNKNOWN_INSTANT] : [] };
}

/**
 * The position is read after the snapshot: what the snapshot sees was in the WAL before it was seen. On a standby it is the
 * other way about: there a transaction is seen a moment before the position says so.
 */
async function markOf(guard: pg.Client, exporter: pg.Client): Promise<Manifest['snapshot']> {
  const wal = await askIfAllowed<{ lsn: string }>(guard, 'SELECT pg_current_wal_insert_lsn()::text AS lsn');
  const seen = await askIfAllowed<{ text: string }>(exporter, 'SELECT pg_current_snapshot()::text AS text');
  const [walPosition, transactions] = [wal?.[0]?.lsn, seen?.[0]?.text];
  return walPosition && transactions ? { walPosition, transactions } : undefined;
}

const UNKNOWN_INSTANT: Remark = {
  text: 'The data may be older than the backup says: the standby did not say how far it had replayed.',
};

/** Asked beside the transaction that takes the snapshot, and before: Aurora's readers refuse the functions on WAL. */
async function replayInstant(guard: pg.Client): Promise<Date | undefined> {
  const streamed = await askIfAllowed<{ at: Date | null }>(
    guard,
    `SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
                  AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE pid IS NOT NULL)
                 THEN statement_timestamp() END AS at`,
  );
  const [current] = streamed ?? [];
  if (current?.at) return current.at;
  const replayed = await askIfAllowed<{ at: Date | null }>(guard, 'SELECT pg_last_xact_replay_timestamp() AS at');
  return replayed?.[0]?.at ?? undefined;
}
