import type { Holdings, WalObject } from './holdings.ts';
import type { Lsn } from './lsn.ts';
import { segmentNumber, segmentStart } from './segments.ts';
import type { Span } from './timelines.ts';

/** WAL without a gap. */
export interface Stretch {
  readonly from: Lsn;
  /** The position after its last byte. */
  readonly to: Lsn;
  /** In the order in which recovery reads them; none where there is nothing at `from`. */
  readonly objects: readonly WalObject[];
}

export interface Gap {
  /** The first byte that is missing. */
  readonly from: Lsn;
  readonly to: Lsn;
}

/**
 * What recovery finds on its way, as PostgreSQL looks for it: of each segment the one of the newest timeline that has
 * begun by its end. A segment of which there is only the beginning ends a stretch, whatever comes after it: recovery would
 * take it for the end of the WAL, and say nothing.
 *
 * @param spans - the way, of {@link ancestry}
 * @param from - where recovery begins: the start of a base backup
 * @returns at least one stretch, and the first begins at `from`; every later one at the start of a segment
 * @see src/backend/access/transam/xlogrecovery.c, XLogFileReadAnyTLI
 */
export function coverage(holdings: Holdings, spans: readonly Span[], from: Lsn): [Stretch, ...Stretch[]] {
  const { segmentSizeBytes } = holdings;
  const first = segmentNumber(from, segmentSizeBytes);
  const later: Stretch[] = [];
  let stretch: { from: Lsn; to: Lsn; objects: WalObject[] } = { from, to: from, objects: [] };
  const start = stretch;
  for (const number of numbersFrom(holdings, spans, first)) {
    const found = objectOf(holdings, spans, number);
    const startsAt = segmentStart(number, segmentSizeBytes);
    if (found === undefined) continue;
    if (number !== first && stretch.to !== startsAt) {
      stretch = { from: startsAt, to: startsAt, objects: [] };
      later.push(stretch);
    }
    // Of the first segment, less may be there than the base backup already is at.
    if (found.to <= stretch.to) continue;
    stretch.objects.push(found.object);
    stretch.to = found.to;
  }
  return [start, ...later];
}

/** What is missing between stretches of {@link coverage}. */
export function gapsBetween(stretches: readonly Stretch[]): Gap[] {
  return stretches.slice(1).map(({ from }, index) => ({ from: stretches[index]?.to ?? from, to: from }));
}

/** The segments on the way that there is anything of, ascending. */
function numbersFrom(holdings: Holdings, spans: readonly Span[], first: bigint): bigint[] {
  const numbers = new Set<bigint>();
  for (const { timeline } of spans) {
    for (const number of holdings.numbers(timeline)) if (number >= first) numbers.add(number);
  }
  return [...numbers].sort((a, b) => (a < b ? -1 : Number(a > b)));
}

/** What recovery takes for a segment, and how far that leads: no further than to where its timeline was left. */
function objectOf(
  holdings: Holdings,
  spans: readonly Span[],
  number: bigint,
): { object: WalObject; to: Lsn } | undefined {
  const { segmentSizeBytes } = holdings;
  for (const { timeline, from, to } of [...spans].reverse()) {
    if (segmentNumber(from, segmentSizeBytes) > number) continue;
    if (to !== undefined && to <= segmentStart(number, segmentSizeBytes)) return undefined;
    const object = holdings.longest(timeline, number);
    if (object === undefined) continue;
    return { object, to: to !== undefined && to < object.endsAt ? to : object.endsAt };
  }
  return undefined;
}
