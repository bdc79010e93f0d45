import type { DatabaseState, Milestone, Observation } from '../../../functions/exporter/observe/observation.ts';
import { unreadState } from '../../../functions/exporter/observe/state.ts';
import { buildCatalog, type Entry, type ListedObject } from '../../../layers/backup/catalog.ts';
import { archiveKey, type BackupName, globalsKey, manifestKey, verdictKey } from '../../../layers/backup/keys.ts';
import type { VerdictName } from '../../../layers/backup/verdict.ts';
import type { Listed } from '../../../layers/catalog/listing/folders.ts';

export const PREFIX = 'pgvouch/';
const ATTEMPT = '0a7c9d3e-5b1f-4c2d-8e6a-1f2b3c4d5e6f';

/** The 28th of November 2026, after which nothing of the samples happened. */
export const OBSERVED_AT = new Date(Date.UTC(2026, 10, 28, 12));

export const NOTHING: Listed = { entries: [], failures: [], objects: 0, objectSizeBytes: 0 };

/** One object of a listing. */
export function listedObject(key: string, sizeBytes = 10, modifiedAt = OBSERVED_AT): ListedObject {
  return { key, sizeBytes, modifiedAt };
}

/** The listing of one whole backup: 1,000 bytes of archive, 100 of globals, 10 of manifest, finished as it was fired. */
export function listedBackup(name: BackupName, verdict?: VerdictName, ...more: string[]): ListedObject[] {
  const at = name.firedAt;
  return [
    listedObject(archiveKey(PREFIX, name, ATTEMPT), 1_000, at),
    listedObject(globalsKey(PREFIX, name, ATTEMPT), 100, at),
    listedObject(manifestKey(PREFIX, name), 10, at),
    ...(verdict ? [listedObject(verdictKey(PREFIX, name, verdict), 10, at)] : []),
    ...more.map((key) => listedObject(key)),
  ];
}

/** What a listing tells of one database. */
export function listedOf(database: string | undefined, objects: readonly ListedObject[]): Listed {
  const catalog = buildCatalog(PREFIX, objects);
  return {
    entries: (database === undefined ? undefined : catalog.entries.get(database)) ?? [],
    failures: catalog.failures.get(database) ?? [],
    objects: objects.length,
    objectSizeBytes: objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

/** A database of which everything was told, and nothing ever happened. */
export function emptyState(database: string, configured = true): DatabaseState {
  return {
    ...unreadState(database, configured, NOTHING),
    newest: null,
    newestGood: null,
    newestRestorable: null,
    oldestRestorable: null,
    newestVerdict: null,
    restorableVerdict: null,
  };
}

/** An entry with what its manifest says: the data of 3 s after the firing, 12 s of dumping. */
export function milestone(entry: Entry): Milestone {
  const at = (seconds: number) => new Date(entry.firedAt.getTime() + seconds * 1000).toISOString();
  return {
    entry,
    manifest: {
      attempt: ATTEMPT,
      snapshotAt: at(3),
      finishedAt: at(14),
      durationMs: 12_000,
      archiveSizeBytes: 4_096,
      databaseSizeBytes: 8_000_000,
      serverVersion: '18.4',
      tables: 1,
      rows: 1_000,
      timeUsedRatio: 0.25,
    },
  };
}

/** A look at a vault that is up. */
export function sampleObservation(changes: Partial<Observation> = {}): Observation {
  return {
    observedAt: OBSERVED_AT,
    vaultUp: true,
    latencyMs: 20,
    requests: 7,
    durationMs: 250,
    lifecycleSupported: true,
    retention: null,
    nextDumpAt: new Date(Date.UTC(2026, 10, 29, 2)),
    previousDumpAt: new Date(Date.UTC(2026, 10, 28, 2)),
    databases: [emptyState('shop')],
    strays: NOTHING,
    pitr: false,
    clusters: [],
    ...changes,
  };
}
