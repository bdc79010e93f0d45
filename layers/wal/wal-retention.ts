import { DAY_MS } from '../backup/instant.ts';
import { isFuture } from '../backup/present.ts';
import { isGood } from '../backup/verdict.ts';
import { isWhole, type WalObject } from './holdings.ts';
import { segmentNumber, type Timeline } from './segments.ts';
import { baseIsOnWay, type StoredBase } from './stored-base.ts';
import { ancestry, type Span } from './timelines.ts';
import { type ClusterArchive, windowsOf } from './windows.ts';

export interface WalPolicy {
  /** How far back, in days of 24 h, every moment can be recovered; undefined if nobody has said it: then all stays. */
  readonly days: number | undefined;
}

export interface Decision<T> {
  readonly what: T;
  /** Never empty. */
  readonly reasons: readonly string[];
}

export interface WalRetentionPlan {
  /** Every base backup once, in `keep` or in `retire`, newest first. */
  readonly keep: readonly Decision<StoredBase>[];
  readonly retire: readonly Decision<StoredBase>[];
}

/**
 * Decides which base backups of a cluster may go. Pure: `now` is given, nothing is read.
 *
 * A base backup is kept while anything claims it: it ended within the window; it is the newest good one before the
 * window, with which recovery to the window's beginning starts, on each timeline that was written to in the window; an
 * increment that is kept stands on it; it is the newest restorable one; nobody has proved it yet; a person pinned it. An
 * unproved one never displaces a proved one. Of those that nobody can open, the newest before the window stays, too.
 *
 * Nothing counts from `now`: the window ends where the archive does. So it loses nothing if archiving stops, or if a clock
 * runs ahead.
 */
export function planWalRetention(archive: ClusterArchive, { days }: WalPolicy, now: Date): WalRetentionPlan {
  const newestFirst = [...archive.bases].sort((a, b) => b.stoppedAt.getTime() - a.stoppedAt.getTime());
  const beginsAt = new Date(days === undefined ? 0 : endOfWindow(archive, now).getTime() - days * DAY_MS);
  const claims = new Map<StoredBase, string[]>(newestFirst.map((base) => [base, []]));
  const claim = (base: StoredBase | undefined, reason: string) => {
    if (base !== undefined && !claims.get(base)?.includes(reason)) claims.get(base)?.push(reason);
  };

  const newestProved = newestFirst.find(isRestorable);
  claim(newestProved ?? newestFirst.find(isGoodBase), newestProved ? 'newest restorable' : 'newest good');
  const newestGood = newestFirst.findIndex(isGoodBase);
  for (const [index, base] of newestFirst.entries()) {
    if (base.verdict === undefined) claim(base, 'no verdict yet');
    if (base.kept) claim(base, 'kept by hand');
    if (isFuture(base.stoppedAt, now)) claim(base, 'dated in the future');
    if (days === undefined) claim(base, 'nobody has said how far back');
    else if (base.stoppedAt > beginsAt) claim(base, `within ${days}d`);
    // Those that nobody can open go by the window alone.
    if (isIntact(base)) continue;
    if (newestGood < 0) claim(base, 'no base backup is good');
    else if (index < newestGood) claim(base, 'newer than every good base backup');
  }
  for (const { timeline } of waysInUse(archive, beginsAt)) {
    const starts = windowsOf(archive, timeline).flatMap((window) => window.starts.map(({ stored }) => stored));
    const before = newestFirst.filter((base) => base.stoppedAt <= beginsAt && starts.includes(base));
    claim(before.find(isGoodBase), 'the window begins with it');
    claim(before.find(isRestorable), 'the window begins with it');
    claim(before.find(isIntact), 'the window begins with it');
  }
  claimParents(newestFirst, claims);

  const decisions = newestFirst.map((what) => ({ what, reasons: claims.get(what) ?? [] }));
  const keep = decisions.filter(({ reasons }) => reasons.length > 0);
  const retire = decisions.filter(({ reasons }) => reasons.length === 0);
  return {
    keep,
    retire: retire.map(({ what }) => ({ what, reasons: [`before the window of ${days}d`] })),
  };
}

/**
 * Decides which WAL may go while base backups are there, be they kept or only waiting to be removed. Pure.
 *
 * WAL is kept from the first position that one of them needs, on every way that leads on from there, and whatever was
 * stored since the oldest of them began: a base backup that is under way may need it. History files are never removed:
 * without them, a restore would choose a timeline again.
 *
 * @param now - when a partial whose whole segment has been there for a day may go
 * @returns in the order of keys
 */
export function planWalRemoval(
  archive: ClusterArchive,
  bases: readonly StoredBase[],
  now: Date,
): Decision<WalObject>[] {
  const { segmentSizeBytes, objects, longest } = archive.holdings;
  const oldestBeganAt = bases.reduce((oldest, { startedAt }) => Math.min(oldest, startedAt.getTime()), Infinity);
  if (bases.length === 0) return [];
  const ways = waysOf(archive).flatMap(({ spans }) => {
    const starts = bases.filter((base) => baseIsOnWay(spans, base)).map(({ startLsn }) => startLsn);
    if (starts.length === 0) return [];
    const first = starts.reduce((least, lsn) => (lsn < least ? lsn : least));
    return [{ spans, from: segmentNumber(first, segmentSizeBytes) }];
  });
  const isNeeded = ({ timeline, number }: WalObject) =>
    ways.some(({ spans, from }) => {
      const span = spans.find((one) => one.timeline === timeline);
      if (span === undefined || number < from || number < segmentNumber(span.from, segmentSizeBytes)) return false;
      return span.to === undefined || number <= segmentNumber(span.to, segmentSizeBytes);
    });
  return objects.flatMap((object) => {
    const whole = longest(object.timeline, object.number);
    if (!isWhole(object) && whole !== undefined && isWhole(whole) && isDayOld(whole, now)) {
      return [{ what: object, reasons: ['its segment is there'] }];
    }
    if (object.storedAt.getTime() >= oldestBeganAt || isNeeded(object)) return [];
    return [{ what: object, reasons: ['no base backup needs it'] }];
  });
}

/** The newest moment that the archive shows. */
function endOfWindow({ bases, holdings }: ClusterArchive, now: Date): Date {
  const times = [
    ...bases.map(({ stoppedAt }) => stoppedAt.getTime()),
    ...holdings.objects.map(({ storedAt }) => storedAt.getTime()),
  ];
  const past = times.filter((time) => time <= now.getTime());
  return new Date(past.reduce((last, time) => Math.max(last, time), 0));
}

interface Way {
  readonly timeline: Timeline;
  readonly spans: readonly Span[];
}

function waysOf({ bases, holdings, histories }: ClusterArchive): Way[] {
  const timelines = new Set([1, ...holdings.timelines, ...bases.map(({ base }) => base.timeline)]);
  return [...timelines].map((timeline) => ({ timeline, spans: ancestry(timeline, histories) }));
}

/** To the newest timeline, and to those with WAL from within the window. */
function waysInUse(archive: ClusterArchive, beginsAt: Date): Way[] {
  const ways = waysOf(archive);
  const used = new Set(archive.holdings.objects.filter(({ storedAt }) => storedAt > beginsAt).map((o) => o.timeline));
  const newest = Math.max(...ways.map(({ timeline }) => timeline));
  return ways.filter(({ timeline }) => timeline === newest || used.has(timeline));
}

/** Newer ones stand on older ones, so one pass from the newest reaches all. */
function claimParents(newestFirst: readonly StoredBase[], claims: ReadonlyMap<StoredBase, string[]>): void {
  for (const stored of newestFirst) {
    const { startedAt, parent } = stored.base;
    if (parent === undefined || claims.get(stored)?.length === 0) continue;
    const found = newestFirst.find((one) => one.startedAt.getTime() === new Date(parent).getTime());
    if (found !== undefined) claims.get(found)?.push(`the increment ${startedAt} stands on it`);
  }
}

/** Whoever reads the partial now, because there was no more when they began, is through by then. */
function isDayOld({ storedAt }: WalObject, now: Date): boolean {
  return now.getTime() - storedAt.getTime() >= DAY_MS;
}

/** Without its files it must not stand for a proof. */
function isGoodBase({ verdict, complete }: StoredBase): boolean {
  return complete && verdict !== undefined && isGood(verdict);
}

/** Sealed and whole, and nobody has opened it. */
function isIntact({ verdict, complete }: StoredBase): boolean {
  return complete && verdict === 'intact';
}

function isRestorable({ verdict, complete }: StoredBase): boolean {
  return complete && verdict === 'restorable';
}
