import type { Logger } from 'pino';
import type { FoundDatabases } from '../../../layers/backup/found-databases.ts';
import { retentionReportKey } from '../../../layers/backup/keys.ts';
import { mapBounded } from '../../../layers/backup/map-bounded.ts';
import { parseRetentionReport, type RetentionReport } from '../../../layers/backup/retention-report.ts';
import type { ClusterListings } from '../../../layers/catalog/listing/clusters.ts';
import type { Folders, Listed } from '../../../layers/catalog/listing/folders.ts';
import { readFound } from '../../../layers/catalog/read-found.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import type { PitrSchedules } from './cluster-due.ts';
import { readClusterStates } from './cluster-states.ts';
import type { Ask, Documents } from './documents.ts';
import { foundFacts } from './found.ts';
import type { ClusterState, DatabaseState } from './observation.ts';
import { type RefreshState, readRefreshStates, type ShownRefresh } from './refresh-states.ts';
import { readState, unreadState } from './state.ts';

/** A look at the vault while it goes on: what is known so far may be asked for at any time. */
export interface Look {
  /** Settles when it is done, whatever came of it. */
  readonly done: Promise<void>;
  readonly seen: Readonly<Seen>;
}

export interface Seen {
  vaultUp: boolean;
  lifecycleSupported: boolean | undefined;
  retention: RetentionReport | null | undefined;
  found: FoundDatabases | null | undefined;
  databases: readonly DatabaseState[];
  strays: Listed | undefined;
  clusters: readonly ClusterState[] | undefined;
  refreshes: readonly RefreshState[];
}

export interface LookDeps {
  readonly vault: Vault;
  /** By our clock. */
  readonly now: Date;
  readonly log: Logger;
  /** The databases that must show, backed up or not. */
  readonly databases: readonly string[];
  /** Whether others are found on the server. */
  readonly finds: boolean;
  /** What was found when the vault last said. */
  readonly lastFound: FoundDatabases | null | undefined;
  readonly documents: Documents;
  /** What is in the vault now. */
  readonly list: (signal: AbortSignal) => Promise<Folders>;
  /** What is in the folders of clusters, once that was listed. */
  readonly listClusters: (signal: AbortSignal) => Promise<ClusterListings>;
  /** Undefined if WAL is not to be archived. */
  readonly pitr: PitrSchedules | undefined;
  readonly refreshes: readonly ShownRefresh[];
  readonly lifecycleSupported: (signal: AbortSignal) => Promise<boolean | undefined>;
}

const CONCURRENCY = 16;
/** What can be done without is waited for no longer. */
const LONGEST_WAIT_MS = 5_000;

/**
 * Begins a look at the vault: its listing, the few documents that say how each database stands, retention's report, the
 * lifecycle. Never fails: a vault that is down is a fact to show.
 *
 * It is down where the listing or a manifest is not answered, which alarms go by. What else is not answered is unknown,
 * and the log says why.
 *
 * @param signal - when it aborts the look is over, with what is known by then
 */
export function beginLook(deps: LookDeps, signal: AbortSignal): Look {
  const seen: Seen = {
    vaultUp: true,
    lifecycleSupported: undefined,
    retention: undefined,
    found: deps.lastFound,
    databases: configuredBy(deps, deps.lastFound).map((database) => unreadState(database, true, undefined)),
    strays: undefined,
    clusters: undefined,
    refreshes: [],
  };
  // Once the look is over everything under way fails, for no reason of the vault's.
  const report = (error: unknown, message: string) => {
    if (!signal.aborted) deps.log.error({ err: error }, message);
  };
  const ask: Ask = {
    signal,
    fail(error) {
      report(error, 'vault not readable');
      seen.vaultUp = false;
    },
    miss: (error) => report(error, 'the vault did not answer one of the questions'),
  };
  const patience: Ask = { ...ask, signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST_WAIT_MS)]) };
  const steps = [
    lookAtBackups(deps, seen, ask).catch(ask.fail),
    lookAtRetention(deps, seen, patience).catch(ask.miss),
    lookAtLifecycle(deps, seen, patience).catch(ask.miss),
    lookAtRefreshes(deps, seen, patience),
  ];
  return { seen, done: Promise.all(steps).then(() => {}) };
}

async function lookAtBackups(deps: LookDeps, seen: Seen, ask: Ask): Promise<void> {
  const [found, folders] = await Promise.all([lookAtFound(deps, ask.signal), deps.list(ask.signal)]);
  seen.found = found;
  await Promise.all([lookAtDatabases(deps, folders, seen, ask), lookAtClusters(deps, seen, ask).catch(ask.fail)]);
}

async function lookAtClusters({ listClusters, ...deps }: LookDeps, seen: Seen, ask: Ask): Promise<void> {
  seen.clusters = await readClusterStates(deps, await listClusters(ask.signal), ask);
}

async function lookAtDatabases(deps: LookDeps, { databases, strays }: Folders, seen: Seen, ask: Ask): Promise<void> {
  seen.strays = strays;
  const configured = configuredBy(deps, seen.found);
  const others = [...databases.keys()].filter((database) => !configured.includes(database)).sort();
  const states = [...configured, ...others].map((database) => ({
    ...unreadState(database, configured.includes(database), undefined),
    ...foundFacts(seen.found, database),
    listed: databases.get(database) ?? NOTHING,
  }));
  const current: DatabaseState[] = [...states];
  seen.databases = current;
  await mapBounded([...states.entries()], CONCURRENCY, async ([index, state]) => {
    current[index] = await readState(deps.documents, state, deps.now, ask);
  });
}

/** Nothing that was found once may be forgotten because the document is damaged: its alarms would end. */
async function lookAtFound(
  { vault, log, finds, lastFound }: LookDeps,
  signal: AbortSignal,
): Promise<FoundDatabases | null | undefined> {
  if (!finds) return null;
  let isUnreadable = false;
  const unreadable = (error: Error) => {
    log.warn({ err: error }, 'a document cannot be read');
    isUnreadable = true;
    return undefined;
  };
  const found = await readFound(vault, unreadable, signal);
  return isUnreadable ? lastFound : (found ?? null);
}

/** Those that are to be backed up: named, or found. */
function configuredBy({ databases }: LookDeps, found: FoundDatabases | null | undefined): string[] {
  return [...new Set([...databases, ...(found?.databases.map(({ name }) => name) ?? [])])];
}

/** A database that is configured and was never backed up. */
const NOTHING: Listed = { entries: [], failures: [], objects: 0, objectSizeBytes: 0 };

/** A report that cannot be understood counts as unknown. */
async function lookAtRetention({ vault, log }: LookDeps, seen: Seen, { signal }: Ask): Promise<void> {
  const key = retentionReportKey(vault.prefix);
  const text = await vault.getText(key, signal);
  try {
    seen.retention = text === undefined ? null : parseRetentionReport(text, key);
  } catch (error) {
    log.warn({ err: error, key }, 'a document cannot be read');
  }
}

async function lookAtRefreshes(deps: LookDeps, seen: Seen, ask: Ask): Promise<void> {
  seen.refreshes = await readRefreshStates(deps, deps.refreshes, ask);
}

async function lookAtLifecycle({ lifecycleSupported }: LookDeps, seen: Seen, { signal }: Ask): Promise<void> {
  seen.lifecycleSupported = await lifecycleSupported(signal);
}
