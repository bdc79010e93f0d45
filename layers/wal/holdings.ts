import type { ListedObject } from '../backup/catalog.ts';
import { parseClusterKey } from './keys.ts';
import type { Lsn } from './lsn.ts';
import { parseSegmentName, type Segment, segmentStart, type Timeline } from './segments.ts';

/** A segment in the bucket, or the beginning of one. */
export interface WalObject extends Segment {
  readonly key: string;
  /** How many of the segment's bytes it holds: all of a finished one. */
  readonly endOffset: number;
  /** The position after its last byte. */
  readonly endsAt: Lsn;
  /** Compressed. */
  readonly sizeBytes: number;
  /** By the store's clock. What it holds was written before. */
  readonly storedAt: Date;
}

/** What the bucket holds of a cluster's WAL, by timeline and segment. */
export interface Holdings {
  readonly segmentSizeBytes: number;
  /** Those with segments or a history, ascending. */
  readonly timelines: readonly Timeline[];
  /** Those whose history file is there, ascending. */
  readonly histories: readonly Timeline[];
  /** Every segment and partial, in the order of keys. */
  readonly objects: readonly WalObject[];
  /** What holds most of a segment: the whole one, or else the longest partial. */
  longest(timeline: Timeline, number: bigint): WalObject | undefined;
  /** The segments that there is anything of, ascending. */
  numbers(timeline: Timeline): readonly bigint[];
}

/**
 * Sorts what a listing of a cluster's folder has of its WAL. Keys of another shape are passed over, and so
 * are other clusters.
 *
 * @param prefix - the vault's prefix, with its slash
 */
export function holdingsOf(
  prefix: string,
  systemIdentifier: string,
  listed: Iterable<ListedObject>,
  segmentSizeBytes: number,
): Holdings {
  const byTimeline = new Map<Timeline, Map<bigint, WalObject>>();
  const histories: Timeline[] = [];
  const objects: WalObject[] = [];
  for (const { key, sizeBytes, modifiedAt } of listed) {
    const parsed = parseClusterKey(prefix, key);
    if (parsed?.systemIdentifier !== systemIdentifier) continue;
    if (parsed.kind === 'history') histories.push(parsed.timeline);
    if (parsed.kind !== 'segment' && parsed.kind !== 'partial') continue;
    const segment = parseSegmentName(parsed.name, segmentSizeBytes);
    const endOffset = parsed.kind === 'partial' ? parsed.endOffset : segmentSizeBytes;
    if (segment === undefined || endOffset < 1 || endOffset > segmentSizeBytes) continue;
    const endsAt = segmentStart(segment.number, segmentSizeBytes) + BigInt(endOffset);
    const object = { ...segment, key, endOffset, endsAt, sizeBytes, storedAt: modifiedAt };
    objects.push(object);
    const numbers = byTimeline.get(segment.timeline) ?? new Map<bigint, WalObject>();
    byTimeline.set(segment.timeline, numbers);
    if (isLonger(object, numbers.get(segment.number))) numbers.set(segment.number, object);
  }
  const sorted = new Map<Timeline, readonly bigint[]>();
  return {
    segmentSizeBytes,
    timelines: ascending([...new Set([...byTimeline.keys(), ...histories])]),
    histories: ascending([...new Set(histories)]),
    objects,
    longest: (timeline, number) => byTimeline.get(timeline)?.get(number),
    numbers(timeline) {
      const numbers = sorted.get(timeline) ?? ascending([...(byTimeline.get(timeline)?.keys() ?? [])]);
      sorted.set(timeline, numbers);
      return numbers;
    },
  };
}

/** Whether its name is that of a finished segment. */
export function isWhole({ key }: WalObject): boolean {
  return !/\.partial\.zst(\.age)?$/.test(key);
}

/** A whole segment before a partial that holds as much. */
function isLonger(object: WalObject, known: WalObject | undefined): boolean {
  if (known === undefined || object.endOffset > known.endOffset) return true;
  return object.endOffset === known.endOffset && isWhole(object);
}

function ascending<T extends number | bigint>(numbers: T[]): T[] {
  return numbers.sort((a, b) => (a < b ? -1 : Number(a > b)));
}
