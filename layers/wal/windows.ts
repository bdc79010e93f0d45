import { coverage } from './coverage.ts';
import type { Holdings, WalObject } from './holdings.ts';
import type { Lsn } from './lsn.ts';
import { segmentNumber, segmentStart, type Timeline } from './segments.ts';
import { baseIsOnWay, chainOf, isUsable, type StoredBase } from './stored-base.ts';
import { ancestry, type Histories, type Span } from './timelines.ts';

/** Everything that the bucket holds of a cluster. */
export interface ClusterArchive {
  readonly bases: readonly StoredBase[];
  readonly holdings: Holdings;
  readonly histories: Histories;
}

export interface Moment {
  readonly lsn: Lsn;
  /** By the server's clock at the end of a base backup, and by the store's at the end of the WAL. */
  readonly at: Date;
}

/** A stretch of the past: the cluster can be recovered to any moment in it. */
export interface Window {
  readonly from: Moment;
  readonly to: Moment;
  /** Those that recovery to some moment in it can begin with, oldest first; never empty. */
  readonly starts: readonly Start[];
  /** Whether the bucket holds WAL that comes after it: what follows is a gap, or WAL that a drill found bad, and not the end. */
  readonly endsInGap: boolean;
}

/** A base backup, and the WAL that follows it without a gap. */
export interface Start {
  readonly stored: StoredBase;
  /** The full base backup first, `stored` last. */
  readonly chain: readonly StoredBase[];
  readonly objects: readonly WalObject[];
}

/**
 * The moments that a cluster can be recovered to on the way to a timeline.
 *
 * Commits are not looked for in the WAL. What an object holds was written before it was stored, so WAL that ends with an
 * object that was stored at some moment is taken to reach that moment. If archiving was behind, or nothing was written
 * any more, it may end earlier; then PostgreSQL says that it did not reach its target, and does not start. Stores list
 * whole seconds, so it may have been up to a second later.
 *
 * @returns oldest first; each base backup belongs to the window of the gap, or the tip, that its WAL leads to
 * @see https://www.postgresql.org/docs/current/runtime-config-wal.html#RUNTIME-CONFIG-WAL-RECOVERY-TARGET
 */
export function windowsOf({ bases, holdings, histories }: ClusterArchive, timeline: Timeline): Window[] {
  const spans = ancestry(timeline, histories);
  const windows = new Map<Lsn, { to: Moment; starts: Start[]; endsInGap: boolean }>();
  const usable = inOrder(bases).flatMap((stored) => {
    const chain = chainOf(stored, bases);
    return chain === undefined || !isUsable(stored) || !baseIsOnWay(spans, stored) ? [] : [{ stored, chain }];
  });
  const follows = whatFollows(holdings, spans, usable);
  for (const { stored, chain } of usable) {
    const { to: lsn, objects, endsInGap } = goodPart(stored, follows(stored.startLsn), holdings.segmentSizeBytes);
    // It is not consistent before its end is reached.
    if (lsn < stored.stopLsn) continue;
    const at = latest(
      stored.stoppedAt,
      objects.filter(({ endsAt }) => stored.goodUntil === undefined || endsAt <= lsn),
    );
    const window = windows.get(lsn) ?? { to: { lsn, at }, starts: [], endsInGap };
    if (at > window.to.at) window.to = { lsn, at };
    windows.set(lsn, window);
    window.starts.push({ stored, chain, objects });
  }
  return [...windows.values()].flatMap(({ to, starts, endsInGap }) => {
    const first = starts[0]?.stored;
    return first ? [{ from: { lsn: first.stopLsn, at: first.stoppedAt }, to, starts, endsInGap }] : [];
  });
}

/** The stretch of WAL that follows a position. The WAL is gone through once for all of them: it may have many segments. */
function whatFollows(holdings: Holdings, spans: readonly Span[], usable: readonly Pick<Start, 'stored'>[]) {
  const [first = 0n, ...others] = usable.map(({ stored }) => stored.startLsn);
  const stretches = coverage(
    holdings,
    spans,
    others.reduce((least, lsn) => (lsn < least ? lsn : least), first),
  );
  return (lsn: Lsn) => {
    const stretch = stretches.find(({ from, to }) => from <= lsn && lsn < to);
    const number = segmentNumber(lsn, holdings.segmentSizeBytes);
    return {
      to: stretch?.to ?? lsn,
      objects: stretch?.objects.filter((object) => object.number >= number) ?? [],
      endsInGap: stretches.some(({ from }) => from > (stretch?.from ?? lsn)),
    };
  };
}

interface Following {
  readonly to: Lsn;
  readonly objects: readonly WalObject[];
  readonly endsInGap: boolean;
}

/** As far as a drill found it good. */
function goodPart({ goodUntil }: StoredBase, following: Following, segmentSizeBytes: number): Following {
  if (goodUntil === undefined || goodUntil >= following.to) return following;
  const objects = following.objects.filter(({ number }) => segmentStart(number, segmentSizeBytes) < goodUntil);
  return { to: goodUntil, objects, endsInGap: true };
}

/** The timeline that recovery goes to if nobody says another: the one that was begun last. */
export function newestTimeline({ bases, holdings }: ClusterArchive): Timeline {
  return Math.max(1, ...holdings.timelines, ...bases.map(({ base }) => base.timeline));
}

/** The moment that WAL reaches which ends with an object. */
export function reaches({ storedAt }: WalObject): Date {
  return new Date(Math.floor(storedAt.getTime() / 1_000) * 1_000 + 999);
}

/** By where they end; those of one position by their time. */
function inOrder(bases: readonly StoredBase[]): StoredBase[] {
  return [...bases].sort((a, b) =>
    a.stopLsn === b.stopLsn ? a.stoppedAt.getTime() - b.stoppedAt.getTime() : a.stopLsn < b.stopLsn ? -1 : 1,
  );
}

function latest(stoppedAt: Date, objects: readonly WalObject[]): Date {
  const last = objects.reduce<WalObject | undefined>(
    (one, other) => (one === undefined || other.storedAt > one.storedAt ? other : one),
    undefined,
  );
  return last && reaches(last) > stoppedAt ? reaches(last) : stoppedAt;
}
