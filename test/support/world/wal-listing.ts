import type { ListedObject } from '../../../layers/backup/catalog.ts';
import { type Holdings, holdingsOf } from '../../../layers/wal/holdings.ts';
import { historyKey, partialKey, segmentKey } from '../../../layers/wal/keys.ts';
import { segmentName } from '../../../layers/wal/segments.ts';

export const WAL_PREFIX = 'pgvouch/';
export const WAL_CLUSTER = '7431234567890123456';
/** Small, so that positions are easy to read: segment 3 begins at 0/300000. */
export const WAL_SEGMENT = 1024 * 1024;

/** A finished segment as a listing has it. */
export function wholeAt(timeline: number, number: number, storedAt = new Date(0)): ListedObject {
  const name = segmentName(timeline, BigInt(number), WAL_SEGMENT);
  return listed(segmentKey(WAL_PREFIX, WAL_CLUSTER, name), storedAt);
}

/** The first bytes of a segment. */
export function partialAt(timeline: number, number: number, endOffset: number, storedAt = new Date(0)): ListedObject {
  const name = segmentName(timeline, BigInt(number), WAL_SEGMENT);
  return listed(partialKey(WAL_PREFIX, WAL_CLUSTER, name, endOffset), storedAt);
}

export function historyAt(timeline: number): ListedObject {
  return listed(historyKey(WAL_PREFIX, WAL_CLUSTER, timeline), new Date(0));
}

/** What a listing of the cluster's folder holds. */
export function heldIn(listing: Iterable<ListedObject>): Holdings {
  return holdingsOf(WAL_PREFIX, WAL_CLUSTER, listing, WAL_SEGMENT);
}

function listed(key: string, modifiedAt: Date): ListedObject {
  return { key, sizeBytes: 1_000, modifiedAt };
}
