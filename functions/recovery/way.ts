import type { StoredCluster } from '../../layers/catalog/read-cluster.ts';
import { coverage, type Stretch } from '../../layers/wal/coverage.ts';
import type { StoredBase } from '../../layers/wal/stored-base.ts';
import { baseIsOnWay } from '../../layers/wal/stored-base.ts';
import { ancestry, type Span } from '../../layers/wal/timelines.ts';

/** The way that recovery takes which begins with a base backup. */
export interface Way {
  readonly timeline: number;
  readonly spans: readonly Span[];
  /** As far as there is no gap. */
  readonly stretch: Stretch;
  /** What follows, if there is a gap: the positions that are missing. */
  readonly gap: { readonly from: bigint; readonly to: bigint } | undefined;
}

/** The way to the newest timeline that goes on from a base backup. Pure. */
export function wayFrom({ holdings, histories }: StoredCluster, stored: StoredBase): Way {
  const timelines = [...new Set([...holdings.timelines, stored.base.timeline])].sort((a, b) => b - a);
  const ways = timelines.map((timeline) => ({ timeline, spans: ancestry(timeline, histories) }));
  const own = { timeline: stored.base.timeline, spans: ancestry(stored.base.timeline, histories) };
  const { timeline, spans } = ways.find((way) => baseIsOnWay(way.spans, stored)) ?? own;
  const [stretch, next] = coverage(holdings, spans, stored.startLsn);
  return { timeline, spans, stretch, gap: next && { from: stretch.to, to: next.from } };
}
