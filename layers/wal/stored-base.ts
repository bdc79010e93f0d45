import { isBad, type VerdictName } from '../backup/verdict.ts';
import type { Base } from './base.ts';
import type { BaseEntry } from './base-entries.ts';
import { type Lsn, parseLsn } from './lsn.ts';
import { isOnWay, type Span } from './timelines.ts';

/** A base backup as the bucket has it, with the fields of its document that rules count with. */
export interface StoredBase {
  readonly base: Base;
  /** What a recovery drill found; undefined before there was one. */
  readonly verdict: VerdictName | undefined;
  /** When it found that, by the store's clock. */
  readonly verdictAt: Date | undefined;
  /** Of one that is `corrupt`: where its WAL begins to be, if recovery to before that is possible. */
  readonly goodUntil?: Lsn;
  /** Whether a person pinned it (`kept.json`). */
  readonly kept: boolean;
  /** Whether retention is to remove it, unless that is undone. */
  readonly retired: boolean;
  /** Whether all of its files are there. */
  readonly complete: boolean;
  readonly startedAt: Date;
  readonly startLsn: Lsn;
  readonly stopLsn: Lsn;
  readonly stoppedAt: Date;
}

/** @param base - as parseBase read it */
export function storedBase(
  base: Base,
  { verdict, kept, retired, files }: Pick<BaseEntry, 'verdict' | 'kept' | 'retired' | 'files'>,
  goodUntil?: Lsn,
): StoredBase {
  const [startLsn = 0n, stopLsn = 0n] = [base.startLsn, base.stopLsn].map(parseLsn);
  const [startedAt, stoppedAt] = [new Date(base.startedAt), new Date(base.stoppedAt)];
  const complete = [...base.tablespaces, base.manifest].every(({ file }) =>
    files.some((one) => one.attempt === base.attempt && one.file === file),
  );
  return {
    ...{ base, verdict: verdict?.name, verdictAt: verdict?.at, ...(goodUntil !== undefined && { goodUntil }) },
    ...{ kept: kept !== undefined, retired: retired !== undefined, complete },
    ...{ startedAt, startLsn, stopLsn, stoppedAt },
  };
}

/** The one that ended last, good or bad. */
export function newestBase(bases: readonly StoredBase[]): StoredBase | undefined {
  return [...bases].sort((a, b) => b.stoppedAt.getTime() - a.stoppedAt.getTime())[0];
}

/** Whether recovery may begin with it: it is all there, and nobody found it bad, or nothing but WAL that comes after it. */
export function isUsable({ verdict, complete, goodUntil }: StoredBase): boolean {
  return complete && (verdict === undefined || !isBad(verdict) || goodUntil !== undefined);
}

/** Whether recovery along the way can begin with it: it ended before its timeline was left. */
export function baseIsOnWay(spans: readonly Span[], { base, startLsn, stopLsn }: StoredBase): boolean {
  return isOnWay(spans, base.timeline, startLsn) && isOnWay(spans, base.timeline, stopLsn);
}

/**
 * What must be put together to have a base backup: itself, and what it is an increment of.
 *
 * @returns the full one first, itself last; undefined if one of them is not there, or bad
 */
export function chainOf(stored: StoredBase, all: readonly StoredBase[]): StoredBase[] | undefined {
  const chain = fullChainOf(stored, all);
  return chain?.every((one) => one === stored || isUsable(one)) ? chain : undefined;
}

/** The same, whatever drills have found of them; undefined if one of them is not there. */
export function fullChainOf(stored: StoredBase, all: readonly StoredBase[]): StoredBase[] | undefined {
  const chain = [stored];
  for (;;) {
    const parent = chain[0]?.base.parent;
    if (parent === undefined) return chain;
    const found = all.find((one) => one.startedAt.getTime() === new Date(parent).getTime());
    if (found === undefined || chain.includes(found)) return undefined;
    chain.unshift(found);
  }
}
