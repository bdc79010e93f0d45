import { offsetInSegment, segmentNumber } from '../wal/segments.ts';
import type { Stored } from './answer.ts';
import { differs, type WalStore } from './wal-store.ts';

/** Where WAL is taken up. */
export interface Start {
  readonly timeline: number;
  readonly lsn: bigint;
  /** The bucket holds all before this position, which may be later; up to there nothing is stored, or said to be. */
  readonly holdsTo: bigint;
}

/** Takes WAL as it comes, and stores it segment by segment. It holds the memory of one segment. */
export interface SegmentWriter {
  /** Takes over what the bucket holds of the segment in which the next {@link begin} lies, and the key; it is compared. */
  hold(bytes: Buffer, key: string): void;
  /** Begins anywhere; @returns the position to stream from: a little earlier, where there is something to compare. */
  begin(start: Start): bigint;
  /** @throws {@link VaultError} if it is not what the bucket holds, or cannot be stored */
  write(lsn: bigint, bytes: Buffer): Promise<void>;
  /** Stores the beginning of the segment under way, if it grew. */
  storePartial(signal?: AbortSignal): Promise<void>;
  /** The position after all that was taken. */
  at(): bigint;
  /** The bucket holds all WAL of this timeline before this position, as far as this writer knows. */
  storedTo(): bigint;
}

/**
 * What is compared with the bucket before anything is added to it: that many bytes before the position. Records say where
 * the one before them is and hold checksums: lines of history that differ before, differ here.
 */
const COMPARED_BYTES = 65_536;

const NOTHING = { sizeBytes: 0, key: '' };

export function openSegmentWriter(store: WalStore, segmentSizeBytes: number, stored: Stored): SegmentWriter {
  const segment = Buffer.allocUnsafeSlow(segmentSizeBytes);
  let timeline = 0;
  let at = 0n;
  let storedTo = 0n;
  /** What the bucket holds of the segment under way is in its memory: so many bytes, from that key. */
  let held = NOTHING;
  let heldNext = NOTHING;

  const storeSegment = async (size: number, signal?: AbortSignal) => {
    await store.put(timeline, segmentNumber(at - 1n, segmentSizeBytes), segment.subarray(0, size), signal);
    if (at > storedTo) storedTo = at;
  };
  return {
    hold(bytes, key) {
      heldNext = { sizeBytes: bytes.copy(segment), key };
    },
    begin(start) {
      held = heldNext;
      heldNext = NOTHING;
      timeline = start.timeline;
      storedTo = start.holdsTo;
      at = start.lsn - BigInt(Math.min(held.sizeBytes, COMPARED_BYTES));
      return at;
    },
    async write(lsn, bytes) {
      if (lsn !== at) throw new Error(`WAL of ${lsn} after ${at}`);
      for (let rest = bytes; rest.length > 0; ) {
        const offset = offsetInSegment(at, segmentSizeBytes);
        const part = rest.subarray(0, segmentSizeBytes - offset);
        const known = Math.max(0, Math.min(part.length, held.sizeBytes - offset));
        if (!part.subarray(0, known).equals(segment.subarray(offset, offset + known))) throw differs(held.key);
        part.copy(segment, offset);
        at += BigInt(part.length);
        stored.walBytes += part.length - known;
        rest = rest.subarray(part.length);
        if (offset + part.length < segmentSizeBytes) return;
        held = NOTHING;
        await storeSegment(segmentSizeBytes);
      }
    },
    async storePartial(signal) {
      if (at > storedTo) await storeSegment(offsetInSegment(at, segmentSizeBytes) || segmentSizeBytes, signal);
    },
    at: () => at,
    storedTo: () => storedTo,
  };
}
