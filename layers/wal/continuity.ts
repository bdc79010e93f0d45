import { coverage, type Gap, gapsBetween } from './coverage.ts';
import type { Lsn } from './lsn.ts';
import type { Timeline } from './segments.ts';
import { baseIsOnWay, type StoredBase } from './stored-base.ts';
import { ancestry, timelineAt } from './timelines.ts';
import type { ClusterArchive } from './windows.ts';

/** WAL that is missing while there is some of before and of after. */
export interface WalGap extends Gap {
  /** On which its first byte was written. */
  readonly timeline: Timeline;
}

/** A base backup, and where the WAL leads that follows it, on each timeline that goes on from it. */
export interface BaseContinuity {
  readonly stored: StoredBase;
  /** Whether the WAL from its start to its end is there on one of them: without it there is no recovery at all. */
  readonly isWhole: boolean;
  /** What recovery that begins with it cannot pass, in the order of positions. */
  readonly gaps: readonly WalGap[];
}

export interface Continuity {
  /** Every gap behind some base backup once, in the order of positions. */
  readonly gaps: readonly WalGap[];
  readonly bases: readonly BaseContinuity[];
  /** Those with WAL and without the history that says where they began: recovery cannot go from an older timeline to them. */
  readonly withoutHistory: readonly Timeline[];
}

/**
 * Follows the WAL from every base backup to the end of every timeline. Pure: names alone, as a listing shows them; a
 * recovery drill reads the bytes.
 *
 * WAL from before the first base backup counts for nothing, and neither does that of a timeline that no base backup leads to.
 */
export function continuityOf({ bases, holdings, histories }: ClusterArchive): Continuity {
  const timelines = new Set([1, ...holdings.timelines, ...bases.map(({ base }) => base.timeline)]);
  const ways = [...timelines].map((timeline) => ancestry(timeline, histories));
  const all = new Map<string, WalGap>();
  const followed = bases.map((stored): BaseContinuity => {
    const gaps = new Map<string, WalGap>();
    let isWhole = false;
    for (const spans of ways.filter((way) => baseIsOnWay(way, stored))) {
      const stretches = coverage(holdings, spans, stored.startLsn);
      if (stretches[0].to >= stored.stopLsn) isWhole = true;
      for (const { from, to } of gapsBetween(stretches)) {
        const gap = { timeline: timelineAt(spans, from) ?? stored.base.timeline, from, to };
        const name = `${gap.timeline} ${from}`;
        // What one way has after it, another may have a little later.
        if ((gaps.get(name)?.to ?? gap.to) >= gap.to) gaps.set(name, gap);
      }
    }
    for (const [name, gap] of gaps) if ((all.get(name)?.to ?? gap.to) >= gap.to) all.set(name, gap);
    return { stored, isWhole, gaps: inOrder(gaps.values()) };
  });
  return {
    gaps: inOrder(all.values()),
    bases: followed,
    withoutHistory: holdings.timelines.filter((one) => one > 1 && !histories.has(one)),
  };
}

function inOrder(gaps: Iterable<WalGap>): WalGap[] {
  const before = (one: Lsn, other: Lsn) => (one < other ? -1 : Number(one > other));
  return [...gaps].sort((a, b) => before(a.from, b.from) || a.timeline - b.timeline);
}
