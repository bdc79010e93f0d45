import { coverage } from './coverage.ts';
import type { Holdings, WalObject } from './holdings.ts';
import type { Lsn } from './lsn.ts';
import type { Timeline } from './segments.ts';
import { type Span, timelineAt } from './timelines.ts';

/** How far recovery gets without a gap. */
export interface Tip {
  /** The position after the last byte. */
  readonly lsn: Lsn;
  /** On which the next byte is: where a timeline was left, the next one. */
  readonly timeline: Timeline;
  readonly objects: readonly WalObject[];
}

/** The furthest position that is reached from another one on, without a gap. */
export function tipOf(holdings: Holdings, spans: readonly Span[], from: Lsn): Tip {
  const [{ to, objects }] = coverage(holdings, spans, from);
  return { lsn: to, timeline: timelineAt(spans, to) ?? 1, objects };
}
