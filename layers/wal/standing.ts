import { coverage, type Gap, gapsBetween } from './coverage.ts';
import { isWhole, type WalObject } from './holdings.ts';
import { type Lsn, parseLsn } from './lsn.ts';
import { segmentStart, type Timeline } from './segments.ts';
import { baseIsOnWay, chainOf, isUsable, type StoredBase } from './stored-base.ts';
import { ancestry, type Span } from './timelines.ts';
import { flushedTo, type WalStatus } from './wal-status.ts';
import { type ClusterArchive, newestTimeline, type Window, windowsOf } from './windows.ts';

/** How a cluster's point-in-time recovery stands, on the way to its newest timeline. */
export interface ClusterStanding {
  readonly timeline: Timeline;
  /** What it can be recovered to, oldest first. Between two of them WAL is missing. */
  readonly windows: readonly Window[];
  /** The last of them: it reaches to where the WAL ends, unless it `endsInGap`. */
  readonly window: Window | undefined;
  /** Missing WAL that recovery from some base backup would need. */
  readonly gaps: readonly Gap[];
  /** Those that no base backup was begun after: recovery does not get past them. */
  readonly openGaps: readonly Gap[];
  /** Where the WAL in the bucket ends, and when that was stored; undefined if there is none. */
  readonly archivedTo: Lsn | undefined;
  readonly archivedAt: Date | undefined;
  /**
   * The bucket is known to hold all that the server had written by then. If the server were lost, at most what it wrote
   * since would be. Undefined if that is not known of any moment.
   */
  readonly recoveryPointAt: Date | undefined;
  /** WAL that the server had when it was asked last, and the bucket lacks; undefined if nobody asked. */
  readonly lagBytes: number | undefined;
  /** How far behind the server the bucket was then. */
  readonly lagMs: number | undefined;
  /** The newest base backup that recovery can begin with. */
  readonly lastBase: StoredBase | undefined;
  /** The base backup that a recovery drill brought back last. */
  readonly lastProved: StoredBase | undefined;
  /** Compressed, as stored. */
  readonly walBytes: number;
  readonly baseBytes: number;
}

/**
 * Works out how a cluster stands. Pure.
 *
 * @param status - what wal left of the server; undefined if there is none
 */
export function standingOf(archive: ClusterArchive, status: WalStatus | undefined): ClusterStanding {
  const timeline = newestTimeline(archive);
  const windows = windowsOf(archive, timeline);
  const spans = ancestry(timeline, archive.histories);
  const bases = archive.bases.filter((base) => canBegin(base, archive.bases, spans));
  const lastBase = latest(bases, ({ stoppedAt }) => stoppedAt);
  const stretches = coverage(archive.holdings, spans, firstLsn(archive, bases, spans));
  const gaps = gapsBetween(stretches);
  const last = stretches.at(-1)?.objects.at(-1);
  const archivedTo = last && stretches.at(-1)?.to;
  return {
    ...{ timeline, windows, window: windows.at(-1), gaps },
    openGaps: gaps.filter(({ to }) => lastBase === undefined || to > lastBase.startLsn),
    ...{ archivedTo, archivedAt: last?.storedAt },
    ...recoveryPoint(last, archivedTo, status),
    lastBase,
    lastProved: latest(
      archive.bases.filter(({ verdict }) => verdict === 'restorable'),
      ({ verdictAt }) => verdictAt ?? new Date(0),
    ),
    walBytes: sum(archive.holdings.objects.map(({ sizeBytes }) => sizeBytes)),
    baseBytes: sum(archive.bases.flatMap(({ base }) => [...base.tablespaces, base.manifest].map((f) => f.sizeBytes))),
  };
}

function canBegin(base: StoredBase, all: readonly StoredBase[], spans: readonly Span[]): boolean {
  return isUsable(base) && baseIsOnWay(spans, base) && chainOf(base, all) !== undefined;
}

/** From where on WAL is needed; where no base backup needs any, from where on there is some. */
function firstLsn({ holdings }: ClusterArchive, bases: readonly StoredBase[], spans: readonly Span[]): Lsn {
  const starts = bases.map(({ startLsn }) => startLsn);
  const numbers = spans.flatMap(({ timeline }) => holdings.numbers(timeline)[0] ?? []);
  const from = starts.length > 0 ? starts : numbers.map((number) => segmentStart(number, holdings.segmentSizeBytes));
  return from.reduce((least, lsn) => (lsn < least ? lsn : least), from[0] ?? 0n);
}

function recoveryPoint(
  last: WalObject | undefined,
  archivedTo: Lsn | undefined,
  status: WalStatus | undefined,
): Pick<ClusterStanding, 'recoveryPointAt' | 'lagBytes' | 'lagMs'> {
  if (last === undefined || archivedTo === undefined || parseLsn(status?.flushedLsn ?? '') === undefined) {
    return { recoveryPointAt: last?.storedAt, lagBytes: undefined, lagMs: undefined };
  }
  const known = status as WalStatus;
  const flushed = flushedTo(known);
  const askedAt = new Date(known.askedAt);
  const caughtUpAt = known.caughtUpAt === undefined ? undefined : new Date(known.caughtUpAt);
  if (archivedTo < flushed) {
    const lagMs = caughtUpAt && askedAt.getTime() - caughtUpAt.getTime();
    return { recoveryPointAt: caughtUpAt, lagBytes: Number(flushed - archivedTo), lagMs };
  }
  // A run stores the beginning of a segment once it has all that the server had; whole ones come while it catches up.
  const at = isWhole(last) || last.storedAt < askedAt ? askedAt : last.storedAt;
  return { recoveryPointAt: at, lagBytes: 0, lagMs: 0 };
}

function latest<T>(all: readonly T[], at: (one: T) => Date): T | undefined {
  return all.reduce<T | undefined>((last, one) => (last === undefined || at(one) > at(last) ? one : last), undefined);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

/** The time that would be lost with the server, at most. */
export function lossMs(recoveryPointAt: Date, now: Date): number {
  return Math.max(0, now.getTime() - recoveryPointAt.getTime());
}
