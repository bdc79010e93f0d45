import { isGood, type VerdictName } from '../backup/verdict.ts';
import type { Base } from './base.ts';
import { type Lsn, parseLsn } from './lsn.ts';
import { isOnWay, type Span } from './timelines.ts';

/** A base backup as the bucket has it, with the fields of its document that rules count with. */
export interface StoredBase {
  readonly base: Base;
  /** What a recovery drill found; undefined before there was one. */
  readonly verdict: VerdictName | undefined;
  /** When it found that, by the store's clock. */
  readonly verdictAt: Date | undefined;
  /** Whether a person pinned it (`kept.json`). */
  readonly kept: boolean;
  readonly startedAt: Date;
  readonly startLsn: Lsn;
  readonly stopLsn: Lsn;
  readonly stoppedAt: Date;
}

/** The verdict of a recovery drill, as a listing tells it. */
export interface DrillVerdict {
  readonly name: VerdictName;
  readonly at: Date;
}

/** @param base - as parseBase read it */
export function storedBase(base: Base, verdict: DrillVerdict | undefined, kept: boolean): StoredBase {
  const [startLsn = 0n, stopLsn = 0n] = [base.startLsn, base.stopLsn].map(parseLsn);
  const [startedAt, stoppedAt] = [new Date(base.startedAt), new Date(base.stoppedAt)];
  return { base, verdict: verdict?.name, verdictAt: verdict?.at, kept, startedAt, startLsn, stopLsn, stoppedAt };
}

/** Whether recovery may begin with it: nobody found it bad. */
export function isUsable({ verdict }: StoredBase): boolean {
  return verdict === undefined || isGood(verdict);
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
  const chain = [stored];
  for (;;) {
    const parent = chain[0]?.base.parent;
    if (parent === undefined) return chain;
    const found = all.find((one) => one.startedAt.getTime() === new Date(parent).getTime());
    if (found === undefined || !isUsable(found) || chain.includes(found)) return undefined;
    chain.unshift(found);
  }
}
