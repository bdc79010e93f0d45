import type pg from 'pg';
import type { ObjectCounts } from '../../backup/comparison.ts';
import { DumpError } from '../../backup/errors.ts';
import type { LeftOut } from '../../backup/left-out.ts';
import type { Manifest, SequenceBounds, TableCount } from '../../backup/manifest.ts';
import type { Remark } from '../../backup/remarks.ts';
import { connect, deviationsOf } from '../connect/connection.ts';
import { isLoss, serverError } from '../connect/server-error.ts';
import {
  mayReadRolePasswords,
  readServerFacts,
  readSourceFacts,
  type ServerFacts,
  type SourceFacts,
} from '../connect/server-facts.ts';
import { type Identity, readIdentity } from '../connect/server-identity.ts';
import { programOptions } from '../connect/session-settings.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import { beginReadOnly } from '../connect/transaction.ts';
import { readCollations } from './collations.ts';
import { readGlobalsState } from './globals-state.ts';
import { countLargeObjects, refuseUnreadable } from './large-objects.ts';
import { readLeftOut } from './left-out.ts';
import { countObjects } from './object-counts.ts';
import { sumHeaps } from './relations.ts';
import { countRows } from './row-counts.ts';
import { readBounds } from './sequences.ts';
import { exportSnapshot, type SnapshotOptions } from './snapshot.ts';
import { findUnseen } from './unseen.ts';

export interface DumpSessionOptions extends SnapshotOptions {
  /** Ends the session: whatever waits for the server then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A snapshot exported for pg_dump, with everything that must be read under it or around it. */
export interface DumpSession {
  readonly snapshotId: string;
  /** The instant that the snapshot shows. */
  readonly snapshotAt: Date;
  /** Where in the WAL it is, where the server says so. */
  readonly mark: Manifest['snapshot'];
  readonly server: ServerFacts & Identity;
  readonly source: SourceFacts;
  readonly objects: ObjectCounts;
  /** That will be dumped. */
  readonly largeObjects: number;
  /** What patterns leave out; undefined if there are none. */
  readonly leftOut: LeftOut | undefined;
  /** Of the tables, without their indexes and what is stored out of line: all of it will be read. */
  readonly heapBytes: number;
  /** Whether the role may read pg_authid, where roles' passwords are. */
  readonly rolePasswords: boolean;
  /** `PGOPTIONS` for pg_dump and pg_dumpall: empty unless role or database have odd settings. */
  readonly programOptions: string;
  /** Aborts once a connection is lost, with the reason: without it no backup comes of this, however far pg_dump is. */
  readonly lost: AbortSignal;
  /** What the backup will lack. */
  readonly remarks: readonly Remark[];
  /**
   * The state of what globals are made of; see {@link readGlobalsState}. Ask before the rows are counted.
   *
   * @param by - the version of the pg_dumpall that would write them
   */
  globalsState(by: string): Promise<string | undefined>;
  /** Counts every table's rows under the snapshot; may run while pg_dump does. */
  countRows(signal: AbortSignal, fingerprints: boolean): Promise<TableCount[]>;
  /** Reads the sequences again; call it when pg_dump has ended. */
  sequenceBounds(): Promise<SequenceBounds[]>;
  /** Ends the connections, with them the snapshot and all locks. */
  close(): Promise<void>;
}

/** `pgvouch` in ASCII: the advisory lock that keeps two dumps of one database apart. */
const ADVISORY_LOCK = '31638955765359464';
/** How long a server may take to answer that it cancels, or to take leave. */
const LEAVE_MS = 2_000;

/**
 * Opens the session that a dump stands on: the snapshot, the locks, and what the manifest says of server and database.
 *
 * @throws {@link DumpError} if another dump of the database runs, a lock is not to be had, or the server fails
 */
export async function openDumpSession(
  target: ConnectionTarget,
  database: string,
  options: DumpSessionOptions,
): Promise<DumpSession> {
  const { signal } = options;
  const connections = openConnections(target, database, signal);
  const failure = (operation: string, error: unknown) => {
    signal?.throwIfAborted();
    return serverError(operation, `"${database}"`, (isLoss(error) && connections.lost.reason) || error);
  };
  try {
    const guard = await connections.open();
    await beginReadOnly(guard, 'READ COMMITTED', options.idleTimeoutMs);
    const facts = await readServerFacts(guard);
    const server = { ...facts, ...(await readIdentity(guard, target, facts.standby)) };
    await takeAdvisoryLock(guard, database);
    const exporter = await connections.open();
    const snapshot = await exportSnapshot(guard, exporter, server, options);
    const leftOut = await readLeftOut(exporter, snapshot.selected);
    const cancel = () => void guard.query('SELECT pg_cancel_backend($1)', [snapshot.pid]).catch(() => {});
    // Those that stay out need not be readable.
    const largeObjects = (await countLargeObjects(exporter)) - (leftOut?.largeObjects ?? 0);
    if (largeObjects > 0) await refuseUnreadable(exporter, database, server.versionNumber);
    const rolePasswords = await mayReadRolePasswords(exporter);
    const seeing = { role: target.user, standby: server.standby, rolePasswords };
    return {
      snapshotId: snapshot.id,
      ...{ snapshotAt: snapshot.at, mark: snapshot.mark },
      server,
      source: {
        ...(await readSourceFacts(exporter, server.versionNumber)),
        ...(await readCollations(exporter, server.versionNumber)),
      },
      objects: await countObjects(exporter, server.versionNumber, snapshot.selected),
      largeObjects,
      leftOut,
      heapBytes: await sumHeaps(exporter, snapshot.tables),
      rolePasswords,
      remarks: [...(await findUnseen(exporter, seeing)), ...snapshot.remarks],
      programOptions: programOptions(deviationsOf(guard), 'read'),
      lost: connections.lost,
      async globalsState(by) {
        return readGlobalsState(exporter, { versionNumber: server.versionNumber, rolePasswords, by }).catch((error) => {
          throw failure('read the roles of', error);
        });
      },
      async countRows(stop, fingerprints) {
        const counts = countRows(exporter, snapshot.tables, database, { signal: stop, cancel, fingerprints });
        return counts.catch((error) => {
          stop.throwIfAborted();
          throw failure('count the rows of', error);
        });
      },
      async sequenceBounds() {
        const { sequences, sequencesBefore } = snapshot;
        return readBounds(guard, sequences, sequencesBefore, server.standby).catch((error) => {
          throw failure('read the sequences of', error);
        });
      },
      close: connections.close,
    };
  } catch (error) {
    await connections.close();
    throw failure('open a dump session on', error);
  }
}

/** Connections that end together: at the signal, though the server may not answer any more, or when closed. */
function openConnections(target: ConnectionTarget, database: string, signal: AbortSignal | undefined) {
  const clients: pg.Client[] = [];
  const loss = new AbortController();
  let closing = false;
  const cutAll = () => {
    for (const client of clients) client.connection.stream.destroy();
  };
  // Not at once: what is under way gets the chance to be cancelled on the server.
  const onAbort = () => void setTimeout(cutAll, LEAVE_MS).unref();
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    async open(): Promise<pg.Client> {
      signal?.throwIfAborted();
      const client = await connect(target, database, 'pgvouch dump');
      clients.push(client);
      client.on('error', (error) => {
        if (closing || loss.signal.aborted) return;
        loss.abort(serverError('hold the snapshot of', `"${database}"`, error));
        // One alone is of no use, and what another one waits for may never come.
        cutAll();
      });
      return client;
    },
    lost: loss.signal,
    async close(): Promise<void> {
      closing = true;
      signal?.removeEventListener('abort', onAbort);
      // A server that vanished does not take leave; its connection is cut then.
      const timer = setTimeout(cutAll, LEAVE_MS);
      await Promise.all(clients.map((client) => client.end().catch(() => {})));
      clearTimeout(timer);
    },
  };
}

async function takeAdvisoryLock(guard: pg.Client, database: string): Promise<void> {
  // A transaction's lock, not a session's: those outlive us in a pooler.
  const { rows } = await guard.query<{ taken: boolean }>(`SELECT pg_try_advisory_xact_lock(${ADVISORY_LOCK}) AS taken`);
  if (rows[0]?.taken) return;
  throw new DumpError({
    operation: 'dump',
    subject: `"${database}"`,
    problem: 'another dump of this database is running',
    hint: 'wait for it to end; if none is running, find the advisory lock in pg_locks and end the session that holds it',
  });
}
