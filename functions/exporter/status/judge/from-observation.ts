import { type Entry, type Failure, storedBytes } from '../../../../layers/backup/catalog.ts';
import type { FailureRecord } from '../../../../layers/backup/failure.ts';
import type { Retired } from '../../../../layers/backup/retired.ts';
import { recentSizeMedian } from '../../observe/derived.ts';
import { overdueOf } from '../../observe/dump-due.ts';
import { dumpWaitsMs } from '../../observe/found.ts';
import {
  type DatabaseDetails,
  type DatabaseState,
  type Details,
  fallOf,
  isRetired,
  type Milestone,
  type Observation,
  verdictOf,
} from '../../observe/observation.ts';
import { clusterFacts } from './cluster-facts.ts';
import type {
  BackupFacts,
  DatabaseFacts,
  FailureFacts,
  FailureList,
  NewestFacts,
  RetirementFacts,
  StatusFacts,
} from './facts.ts';
import { refreshFacts } from './refresh-facts.ts';

/** What an observation and the documents beside it say, for people. Pure. */
export function statusFacts(observation: Observation, details: Details): StatusFacts {
  const { observedAt, vaultUp, previousDumpAt, nextDumpAt, lifecycleSupported, retention } = observation;
  const { server, databases, strays, pitr, clusters, refreshes = [] } = observation;
  const waitsMs = dumpWaitsMs(observation);
  return {
    server,
    observedAt,
    vaultUp,
    schedule: { previousAt: previousDumpAt, nextAt: nextDumpAt },
    databases: databases.map((state) => {
      const waitMs = waitsMs.get(state.database) ?? 0;
      return {
        ...databaseFacts(state, details.databases.get(state.database), observation),
        ...{ waitMs, due: state.due && { ...state.due, overdueAt: overdueOf(state, waitMs) } },
      };
    }),
    strayFailures: failureList(strays?.failures, details.failures),
    retention: {
      lastRunAt: retention ? new Date(retention.finishedAt) : retention,
      problems: retention?.problems ?? [],
      removes: lifecycleSupported,
    },
    storage: {
      objectSizeBytes: [...databases.map(({ listed }) => listed), strays].reduce(
        (sum, listed) => sum + (listed?.objectSizeBytes ?? 0),
        0,
      ),
      strayObjects: strays?.objects ?? 0,
    },
    pitr,
    clusters: clusters?.map(clusterFacts),
    refreshes: refreshes.map(refreshFacts),
  };
}

function databaseFacts(
  state: DatabaseState,
  details: DatabaseDetails | undefined,
  { server, retention }: Observation,
): Omit<DatabaseFacts, 'waitMs' | 'due'> {
  const { database, configured, foundSince, goneSince, listed, newest, restorableVerdict, unreadableManifests } = state;
  const report = retention?.databases.find((one) => one.database === database);
  const shown = snapshotsOf(state);
  return {
    ...{ server, name: database },
    ...{ configured, foundSince, goneSince },
    backups: listed?.entries
      .filter(({ manifest }) => manifest !== undefined)
      .map((entry) => backupFacts(entry, shown.get(entry.firedAt.getTime()), details)),
    newest: newest ? newestFacts(newest, state) : undefined,
    oldestRestorableAt: oldestRestorableAt(state),
    restoreMs: restorableVerdict?.drill?.restoreMs,
    failures: failureList(listed?.failures, details?.failures),
    // Retention reads all of them, and once a day; the exporter a few, and now.
    unreadableManifests: Math.max(unreadableManifests.length, report?.unreadable ?? 0),
    massRetirement: report?.massRetirement ?? false,
    overdueRemovals: report?.overdue ?? 0,
    objects: listed?.objects ?? 0,
  };
}

function newestFacts(newest: Milestone, state: DatabaseState): NewestFacts {
  const { fall: _, ...manifest } = newest.manifest;
  const fall = fallOf(newest);
  return { ...manifest, usualArchiveSizeBytes: recentSizeMedian(state), ...(fall && { fall }) };
}

/** The instants that the backups show whose manifests were read, by when they were fired. */
function snapshotsOf({ newest, newestGood, newestRestorable, oldestRestorable }: DatabaseState): Map<number, Date> {
  const read = [newest, newestGood, newestRestorable, oldestRestorable].filter((milestone) => milestone != null);
  return new Map(read.map(({ entry, manifest }) => [entry.firedAt.getTime(), new Date(manifest.snapshotAt)]));
}

/** Where none could be read although the listing has some, nobody can say that there is none. */
function oldestRestorableAt({ oldestRestorable, listed }: DatabaseState): Date | null | undefined {
  if (oldestRestorable) return new Date(oldestRestorable.manifest.snapshotAt);
  const isListed = listed?.entries.some(
    (entry) => entry.manifest !== undefined && verdictOf(entry) === 'restorable' && !isRetired(entry),
  );
  return isListed ? undefined : oldestRestorable;
}

function backupFacts(entry: Entry, snapshotAt: Date | undefined, details: DatabaseDetails | undefined): BackupFacts {
  const { firedAt, manifest, verdicts, drill, kept, retired } = entry;
  const document = verdicts.map(({ key }) => details?.verdicts.get(key)).find((one) => one?.verdict === entry.verdict);
  const mark = retired && details?.marks.get(retired.key);
  return {
    firedAt,
    showsAt: snapshotAt ?? firedAt,
    storedAt: manifest?.modifiedAt ?? firedAt,
    sizeBytes: storedBytes(entry),
    verdict: verdictOf(entry),
    complete: entry.archives.length > 0,
    reasons: document?.reasons ?? [],
    drill: drill && details?.drills.get(drill.key),
    kept: kept !== undefined,
    retirement: retired === undefined || kept !== undefined ? undefined : retirementFacts(mark),
  };
}

function retirementFacts(mark: Retired | undefined): RetirementFacts | undefined {
  // As older versions undid it.
  if (mark?.undone !== undefined) return undefined;
  return {
    removeAfter: mark && new Date(mark.removeAfter),
    reasons: mark?.reasons ?? [],
    going: mark?.taggedAt !== undefined,
  };
}

/** The listing has all of them, and when each was; what they say was read of some. */
function failureList(listed: readonly Failure[] = [], read: readonly FailureRecord[] = []): FailureList {
  return { count: listed.length, lastAt: listed[0]?.at, newest: read.map(failureFacts) };
}

function failureFacts({ at, function: name, error, attempts }: FailureRecord): FailureFacts {
  const { type, problem, hint } = error;
  return { at: new Date(at), function: name, type, problem, hint, attempts };
}
