import type { Logger } from 'pino';
import { retentionReportKey } from '../../layers/backup/keys.ts';
import { mapBounded } from '../../layers/backup/map-bounded.ts';
import { parseRetentionReport, type RetentionReport } from '../../layers/backup/retention-report.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import type { Ask, Documents } from './documents.ts';
import type { Folders } from './listing/folders.ts';
import type { DatabaseState, Listed } from './observation.ts';
import { readState, unreadState } from './state.ts';

/** A look at the vault while it goes on: what is known so far may be told at any time. */
export interface Look {
  /** Settles when it is done, whatever came of it. */
  readonly done: Promise<void>;
  readonly seen: Readonly<Seen>;
}

export interface Seen {
  vaultUp: boolean;
  lifecycleSupported: boolean | undefined;
  retention: RetentionReport | null | undefined;
  databases: readonly DatabaseState[];
  strays: Listed | undefined;
}

export interface LookDeps {
  readonly vault: Vault;
  /** By our clock. */
  readonly now: Date;
  readonly log: Logger;
  /** The databases that must show, backed up or not. */
  readonly databases: readonly string[];
  readonly documents: Documents;
  /** What is in the vault now. */
  readonly list: (signal: AbortSignal) => Promise<Folders>;
  readonly lifecycleSupported: (signal: AbortSignal) => Promise<boolean | undefined>;
}

const CONCURRENCY = 16;

/**
 * Begins a look at the vault: its listing, the few documents that say how each database stands, retention's report, the
 * lifecycle. Never fails: a vault that is down is a fact to show.
 *
 * @param signal - when it aborts the look is over, with what is known by then
 */
export function beginLook(deps: LookDeps, signal: AbortSignal): Look {
  const seen: Seen = {
    vaultUp: true,
    lifecycleSupported: undefined,
    retention: undefined,
    databases: deps.databases.map((database) => unreadState(database, true, undefined)),
    strays: undefined,
  };
  const ask: Ask = {
    signal,
    fail(error) {
      // Once the look is over everything under way fails, for no reason of the vault's.
      if (!signal.aborted) deps.log.error({ err: error }, 'vault not readable');
      seen.vaultUp = false;
    },
  };
  const steps = [lookAtDatabases(deps, seen, ask), lookAtRetention(deps, seen, ask), lookAtLifecycle(deps, seen, ask)];
  return { seen, done: Promise.all(steps.map((step) => step.catch(ask.fail))).then(() => {}) };
}

async function lookAtDatabases(deps: LookDeps, seen: Seen, ask: Ask): Promise<void> {
  const { databases, strays } = await deps.list(ask.signal);
  const others = [...databases.keys()].filter((database) => !deps.databases.includes(database)).sort();
  const states = [
    ...deps.databases.map((database) => ({
      ...unreadState(database, true, undefined),
      listed: databases.get(database) ?? NOTHING,
    })),
    ...others.map((database) => ({
      ...unreadState(database, false, undefined),
      listed: databases.get(database) ?? NOTHING,
    })),
  ];
  const current: DatabaseState[] = [...states];
  seen.databases = current;
  seen.strays = strays;
  await mapBounded([...states.entries()], CONCURRENCY, async ([index, state]) => {
    current[index] = await readState(deps.documents, state, deps.now, ask);
  });
}

/** A database that is configured and was never backed up. */
const NOTHING: Listed = { entries: [], failures: [], objects: 0, objectSizeBytes: 0 };

/** A report that cannot be understood could not be told. */
async function lookAtRetention({ vault, log }: LookDeps, seen: Seen, { signal }: Ask): Promise<void> {
  const key = retentionReportKey(vault.prefix);
  const text = await vault.getText(key, signal);
  try {
    seen.retention = text === undefined ? null : parseRetentionReport(text, key);
  } catch (error) {
    log.warn({ err: error, key }, 'a document cannot be read');
  }
}

async function lookAtLifecycle({ lifecycleSupported }: LookDeps, seen: Seen, { signal }: Ask): Promise<void> {
  seen.lifecycleSupported = await lifecycleSupported(signal);
}
