import { setMaxListeners } from 'node:events';
import type { Logger } from 'pino';
import type { FoundDatabases } from '../../../layers/backup/found-databases.ts';
import type { Schedule } from '../../../layers/schedule/expression.ts';
import { removesTagged } from '../../../layers/vault/lifecycle-support.ts';
import { meterRequests } from '../../../layers/vault/meter.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import type { PitrSchedules } from './cluster-due.ts';
import { readDetails } from './details.ts';
import { openDocuments } from './documents.ts';
import { dumpsDue, withDumpDue } from './dump-due.ts';
import { openKeeper } from './keeper.ts';
import { beginLook, type Look } from './look.ts';
import { median } from './median.ts';
import type { Details, Observation } from './observation.ts';
import type { ShownRefresh } from './refresh-states.ts';

export interface ObserverDeps {
  /** The name of the server whose backups these are; undefined where it has none. */
  readonly server?: string | undefined;
  readonly vault: Vault;
  readonly log: Logger;
  /** The databases that must show, backed up or not. */
  readonly databases: readonly string[];
  /** Whether others are found on the server; they are not by default. */
  readonly finds?: boolean;
  /** When a database is dumped; unknown by default. */
  readonly scheduleOf?: (database: string) => Schedule | undefined;
  /** Undefined if WAL is not to be archived. */
  readonly pitr?: PitrSchedules | undefined;
  /** None by default. */
  readonly refreshes?: readonly ShownRefresh[];
  /** Vaults of more objects are not listed whole each time; thousands by default. */
  readonly smallObjects?: number;
}

export interface Observer {
  /**
   * How the vault stands. Scrapes at the same time, and within a few seconds, share one look. Never throws.
   *
   * @param signal - once it aborts, the answer holds what is known so far
   */
  observe(signal: AbortSignal): Promise<Observation>;
  /** The words of documents of some databases, for people. Never throws: what cannot be read is left out. */
  details(observation: Observation, databases: readonly string[], signal: AbortSignal): Promise<Details>;
}

/** How long a look is good for: a storm of scrapes costs no more than one every few seconds. */
const FRESH_MS = 5_000;
/** The longest look; API Gateway gives up at 30 s. */
const LONGEST_LOOK_MS = 25_000;
/** The notes for the next cold start only save time: they must not take much. */
const LONGEST_SAVE_MS = 3_000;
/** Rules change with a deployment, not by themselves. */
const LIFECYCLE_FRESH_MS = 5 * 60_000;

/** @param clock - milliseconds since the epoch */
export function openObserver(deps: ObserverDeps, clock: () => number): Observer {
  const { vault, log } = deps;
  const meter = meterRequests(vault.client, clock);
  const documents = openDocuments(deps);
  const keeper = openKeeper({ ...deps, documents });
  let lifecycle: { readonly supported: boolean | undefined; readonly readAt: number } | undefined;
  let current: Running | undefined;
  let lastFound: FoundDatabases | null | undefined;

  async function lifecycleSupported(signal: AbortSignal): Promise<boolean | undefined> {
    if (lifecycle === undefined || clock() - lifecycle.readAt >= LIFECYCLE_FRESH_MS) {
      lifecycle = { supported: await removesTagged(vault, signal), readAt: clock() };
    }
    return lifecycle.supported;
  }

  function begin(): Running {
    const startedAt = clock();
    const now = new Date(startedAt);
    const signal = AbortSignal.timeout(LONGEST_LOOK_MS);
    // As many requests as a look has under way listen to it: that is no leak.
    setMaxListeners(0, signal);
    meter.reset();
    const list = () => keeper.list(now, signal);
    const { listClusters } = keeper;
    const look = beginLook(
      {
        pitr: undefined,
        finds: false,
        refreshes: [],
        ...deps,
        lastFound,
        now,
        documents,
        list,
        listClusters,
        lifecycleSupported,
      },
      signal,
    );
    const running: Running = { look, startedAt, finished: undefined, done: Promise.resolve() };
    running.done = look.done.then(async () => {
      lastFound = look.seen.found;
      running.finished = { at: clock(), observation: describe(running) };
      // Waited for, because Lambda stops a process that has answered; but no scrape fails for it.
      if (look.seen.vaultUp) await keeper.save(look.seen.databases, now, AbortSignal.timeout(LONGEST_SAVE_MS));
    });
    return running;
  }

  function describe({ look, startedAt }: Running): Observation {
    const observedAt = new Date(startedAt);
    const { requests, latenciesMs } = meter.read();
    const databases = look.seen.databases.map((state) => {
      return withDumpDue(state, deps.scheduleOf?.(state.database), observedAt);
    });
    return {
      ...look.seen,
      server: deps.server,
      databases,
      observedAt,
      // Of a slow and a fast answer the slow one is the news.
      latencyMs: median(latenciesMs, 'upper'),
      requests,
      durationMs: clock() - startedAt,
      ...{ pitr: deps.pitr !== undefined, finds: deps.finds ?? false },
      ...dumpsDue(databases),
    };
  }

  return {
    async observe(signal) {
      if (current === undefined || isOver(current, clock())) current = begin();
      const running = current;
      if (running.finished === undefined) await Promise.race([running.done, aborted(signal)]);
      if (running.finished) return running.finished.observation;
      log.error('the vault did not answer in time for the scrape');
      return { ...describe(running), vaultUp: false };
    },
    details: (observation, databases, signal) => readDetails({ documents, log }, observation, databases, signal),
  };
}

interface Running {
  readonly look: Look;
  readonly startedAt: number;
  done: Promise<void>;
  finished: { readonly at: number; readonly observation: Observation } | undefined;
}

/** One that was begun long ago and never finished was frozen together with its process: Lambda does that. */
function isOver({ startedAt, finished }: Running, now: number): boolean {
  if (finished === undefined) return now - startedAt >= LONGEST_LOOK_MS;
  return Math.abs(now - finished.at) >= FRESH_MS;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
