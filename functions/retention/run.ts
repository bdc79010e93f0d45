import type { Logger } from 'pino';
import type { RetentionPolicy } from '../../layers/backup/retention-rules.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import type { Notes } from './notes.ts';

/** `tag`: the bucket's lifecycle removes what is tagged. `direct`: for stores whose lifecycle knows no tags. */
export type Removal = 'tag' | 'direct';

/** What databases may have each of their own. */
export type DatabaseRules = Pick<RetentionOptions, 'policy' | 'graceDays'>;

export interface RetentionOptions {
  readonly policy: RetentionPolicy;
  /** Those of a database, where they are others; by default they are the same for all. */
  readonly rulesOf?: (database: string) => DatabaseRules;
  /** Between a retirement and the removal. */
  readonly graceDays: number;
  /** Longer than the longest dump. */
  readonly sweepGraceMs: number;
  readonly removal: Removal;
  /** Decide and report everything, write nothing. */
  readonly dryRun: boolean;
  readonly now: Date;
}

/** One fact of a run. `firedAt` names a backup, `startedAt` a cluster's base backup, `key` a single object. */
export interface Decision {
  readonly database?: string | undefined;
  readonly firedAt?: string;
  readonly systemIdentifier?: string;
  readonly startedAt?: string;
  /** So many objects of WAL, the first and the last of a timeline that go for this reason. */
  readonly wal?: { readonly objects: number; readonly from: string; readonly to: string };
  readonly key?: string;
  readonly action: 'keep' | 'retire' | 'wait' | 'remove' | 'undo' | 'sweep';
  readonly reasons: readonly string[];
}

/** What everything in one run shares. */
export interface Run {
  readonly vault: Vault;
  readonly log: Logger;
  readonly options: RetentionOptions;
  readonly notes: Notes;
  /** The earlier of our clock and the store's: nothing is removed before it, so that a wrong clock removes nothing early. */
  readonly earliest: Date;
  /** The later of the two: graces begin here, for the same reason. */
  readonly latest: Date;
  readonly decisions: Decision[];
}

/** Begins a run. Call it after the store has answered once: only then is its clock known. */
export function beginRun(deps: Pick<Run, 'vault' | 'log' | 'notes'>, options: RetentionOptions): Run {
  const storeTime = deps.vault.storeTime() ?? options.now;
  const [earliest, latest] = storeTime < options.now ? [storeTime, options.now] : [options.now, storeTime];
  const log = deps.log.child({ dryRun: options.dryRun });
  return { ...deps, log, options, earliest, latest, decisions: [] };
}

/** Notes a decision for the answer and tells it to the log. */
export function decide(run: Run, decision: Decision): void {
  run.decisions.push(decision);
  run.log.info(decision, decision.action);
}

/**
 * Gives objects up, in this order: tags them for the lifecycle, or deletes them. What is gone already is fine.
 * A dry run does nothing.
 */
export async function giveUp(run: Run, keys: readonly string[]): Promise<void> {
  if (run.options.dryRun) return;
  for (const key of keys) {
    await (run.options.removal === 'tag' ? run.vault.tagForRemoval(key) : run.vault.remove(key));
  }
}
