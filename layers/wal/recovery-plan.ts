import type { WalObject } from './holdings.ts';
import type { Lsn } from './lsn.ts';
import type { Timeline } from './segments.ts';
import type { StoredBase } from './stored-base.ts';
import { type ClusterArchive, type Moment, newestTimeline, type Start, type Window, windowsOf } from './windows.ts';

/** Where recovery is to end. */
export type RecoveryTarget =
  | { readonly kind: 'latest' }
  /** With everything that was committed by then; `microseconds` are those beyond the date's milliseconds. */
  | { readonly kind: 'time'; readonly at: Date; readonly microseconds?: number }
  /** With everything before this position, and nothing at it. */
  | { readonly kind: 'lsn'; readonly lsn: Lsn }
  /** With this transaction, and everything that was committed before it; with its epoch or without. */
  | { readonly kind: 'xid'; readonly xid: bigint };

export interface RecoveryPlan {
  readonly timeline: Timeline;
  readonly target: RecoveryTarget;
  /** Recovery is to end where the WAL does, which is the target itself or all that there is of `latest`. */
  readonly toTheEnd: boolean;
  /** The full base backup first; those after it are increments. */
  readonly chain: readonly StoredBase[];
  /** What recovery reads, as far as that is known beforehand. */
  readonly objects: readonly WalObject[];
  /** The part of the past that the target is in. */
  readonly window: Window;
}

/** Why a target cannot be reached, and what can. */
export interface Unreachable {
  readonly why: 'no base' | 'timeline' | 'gap' | 'before' | 'after' | 'between';
  readonly timeline: Timeline;
  /** The last moment before the target that can be reached, and the first after it. */
  readonly nearest: { readonly before?: Moment; readonly after?: Moment };
}

/**
 * Decides how to recover a cluster to a moment: with the newest base backup that ended by then, so that the least WAL is
 * replayed. Pure: `archive` is what a listing shows, and the documents of its base backups.
 *
 * A base backup that is bad, incomplete or without WAL to its end is passed over. Recovery never goes through a gap, and
 * never to `latest` if the bucket holds WAL beyond one: that would end early and say nothing.
 *
 * @param timeline - to which recovery goes; the newest by default
 */
export function planRecovery(
  archive: ClusterArchive,
  target: RecoveryTarget,
  timeline: Timeline = newestTimeline(archive),
): RecoveryPlan | Unreachable {
  const windows = windowsOf(archive, timeline);
  const last = windows.at(-1);
  if (last === undefined) {
    const known = timeline === 1 || archive.holdings.timelines.includes(timeline);
    return { why: known ? 'no base' : 'timeline', timeline, nearest: {} };
  }
  const unreachable = (why: Unreachable['why'], nearest: Unreachable['nearest']) => ({ why, timeline, nearest });
  if (target.kind === 'latest') {
    if (last.endsInGap) return unreachable('gap', { before: last.to });
    return planOf(timeline, target, last, last.starts.at(-1));
  }
  if (target.kind === 'xid') return planOf(timeline, target, last, startBeforeXid(last, target.xid));
  const window = windows.find((one) => contains(one, target));
  if (window !== undefined) return planOf(timeline, target, window, newestBy(window.starts, target));
  const before = windows.filter(({ to }) => isBefore(to, target)).at(-1)?.to;
  const after = windows.find(({ from }) => !isBefore(from, target))?.from;
  const why = before === undefined ? 'before' : after === undefined ? 'after' : 'between';
  return unreachable(last.endsInGap && why === 'after' ? 'gap' : why, {
    ...(before && { before }),
    ...(after && { after }),
  });
}

export function isPlan(decision: RecoveryPlan | Unreachable): decision is RecoveryPlan {
  return 'chain' in decision;
}

type Instant = Extract<RecoveryTarget, { kind: 'time' | 'lsn' }>;

function contains({ from, to }: Window, target: Instant): boolean {
  return !isAfter(from, target) && !isBefore(to, target);
}

function isBefore(moment: Moment, target: Instant): boolean {
  return target.kind === 'lsn' ? moment.lsn < target.lsn : moment.at < target.at;
}

function isAfter(moment: Moment, target: Instant): boolean {
  return target.kind === 'lsn' ? moment.lsn > target.lsn : moment.at > target.at;
}

function newestBy(starts: readonly Start[], target: Instant): Start | undefined {
  return starts.filter(({ stored }) => !isAfter({ lsn: stored.stopLsn, at: stored.stoppedAt }, target)).at(-1);
}

/** Transactions end in another order than they begin, so only what came after a base backup is surely in its WAL. */
function startBeforeXid({ starts }: Window, xid: bigint): Start | undefined {
  const precedes = ({ stored: { base } }: Start) => base.nextXid !== undefined && isXidBy(BigInt(base.nextXid), xid);
  return starts.filter(precedes).at(-1) ?? starts[0];
}

/**
 * Whether a transaction id comes no later than another. Without its epoch, as logs have it, an id is compared as
 * PostgreSQL does: half of all ids are before it.
 *
 * @see src/backend/access/transam/transam.c, TransactionIdPrecedesOrEquals
 */
function isXidBy(one: bigint, other: bigint): boolean {
  if (other > 0xffff_ffffn) return one <= other;
  return BigInt.asIntN(32, one - other) <= 0n;
}

function planOf(timeline: Timeline, target: RecoveryTarget, window: Window, start: Start | undefined): RecoveryPlan {
  const { chain, objects, stored } = start ?? never();
  const toTheEnd = target.kind === 'latest' || (target.kind === 'lsn' && target.lsn === window.to.lsn);
  return { timeline, target, toTheEnd, chain, window, objects: objectsTo(target, stored, objects) };
}

/**
 * All WAL that follows the plan's base backup without a gap. Recovery to a time stops at the first commit after it, and
 * where that is, only the WAL tells: an idle server may have written for hours without any.
 */
export function objectsToTheTip({ chain, window, objects }: RecoveryPlan): readonly WalObject[] {
  return window.starts.find(({ stored }) => stored === chain.at(-1))?.objects ?? objects;
}

/** Recovery to a time stops at the first commit after it, and fails if it finds none: so soon one is taken to follow. */
const COMMIT_WITHIN_MS = 60 * 60_000;

/** As far as the target is known to be reached by: the record that recovery stops at may be later. */
function objectsTo(
  target: RecoveryTarget,
  { stopLsn }: StoredBase,
  objects: readonly WalObject[],
): readonly WalObject[] {
  const isEnough = (object: WalObject) => {
    if (object.endsAt < stopLsn) return false;
    if (target.kind === 'time') return object.storedAt.getTime() >= target.at.getTime() + COMMIT_WITHIN_MS;
    return target.kind === 'lsn' && object.endsAt > target.lsn;
  };
  const at = objects.findIndex(isEnough);
  return at < 0 ? objects : objects.slice(0, at + 1);
}

function never(): never {
  throw new Error('a window has no start before a moment in it');
}
