import { VaultError } from '../backup/errors.ts';
import { offsetInSegment, segmentNumber } from '../wal/segments.ts';
import type { Stored } from './answer.ts';
import { openSegmentUnderWay } from './segment-under-way.ts';
import { differs, type WalStore } from './wal-store.ts';

/** Where WAL is taken up. */
export interface Start {
  readonly timeline: number;
  readonly lsn: bigint;
  /** The bucket holds all before this position, which may be later; up to there nothing is stored, or said to be. */
  readonly holdsTo: bigint;
  /** Takes what comes, before anything is stored, and throws if it is not what the bucket holds. */
  readonly compare?: ((bytes: Buffer) => void) | undefined;
}

/** Takes WAL as it comes, and stores it segment by segment. It holds one segment, compressed. */
export interface SegmentWriter {
  /**
   * Takes over what the bucket holds of the segment in which the next {@link begin} lies, from that key; it is compared.
   *
   * @returns false if it is not what it should be: nothing is taken over
   * @throws {@link VaultError} if the store fails
   */
  hold(bytes: AsyncIterable<Buffer>, key: string): Promise<boolean>;
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

/** The last bytes of what the bucket holds of the segment under way, and from which key. */
interface Held {
  readonly tail: Buffer;
  readonly key: string;
}

const NOTHING: Held = { tail: Buffer.alloc(0), key: '' };

export function openSegmentWriter(store: WalStore, segmentSizeBytes: number, stored: Stored): SegmentWriter {
  const segment = openSegmentUnderWay(segmentSizeBytes);
  let timeline = 0;
  let at = 0n;
  let storedTo = 0n;
  let held = NOTHING;
  let heldNext: Held | undefined;
  let compareWhole: Start['compare'];

  const storeSegment = async (signal?: AbortSignal) => {
    await store.put(timeline, segmentNumber(at - 1n, segmentSizeBytes), await segment.body(), signal);
    if (at > storedTo) storedTo = at;
  };
  /** Of bytes at an offset, those that the bucket holds: they must be the same. */
  const compare = (bytes: Buffer, offset: number): number => {
    const known = Math.max(0, Math.min(bytes.length, segment.sizeBytes() - offset));
    const inTail = offset - (segment.sizeBytes() - held.tail.length);
    if (!bytes.subarray(0, known).equals(held.tail.subarray(inTail, inTail + known))) throw differs(held.key);
    return known;
  };
  return {
    async hold(bytes, key) {
      segment.clear();
      let tail: Buffer = NOTHING.tail;
      try {
        for await (const piece of bytes) {
          await segment.add(piece);
          tail = Buffer.concat([tail, piece.subarray(-COMPARED_BYTES)]).subarray(-COMPARED_BYTES);
        }
      } catch (error) {
        segment.clear();
        if (error instanceof VaultError) throw error;
        return false;
      }
      heldNext = { tail, key };
      return true;
    },
    begin(start) {
      if (heldNext === undefined) segment.clear();
      held = heldNext ?? NOTHING;
      heldNext = undefined;
      compareWhole = start.compare;
      timeline = start.timeline;
      storedTo = start.holdsTo;
      at = start.lsn - BigInt(held.tail.length);
      return at;
    },
    async write(lsn, bytes) {
      if (lsn !== at) throw new Error(`WAL of ${lsn} after ${at}`);
      for (let rest = bytes; rest.length > 0; ) {
        const offset = offsetInSegment(at, segmentSizeBytes);
        const part = rest.subarray(0, segmentSizeBytes - offset);
        const known = compare(part, offset);
        if (segment.sizeBytes() !== offset + known) throw new Error(`WAL of ${at} without what is before it`);
        compareWhole?.(part);
        await segment.add(part.subarray(known));
        at += BigInt(part.length);
        stored.walBytes += part.length - known;
        rest = rest.subarray(part.length);
        if (offset + part.length < segmentSizeBytes) return;
        await storeSegment();
        segment.clear();
        compareWhole = undefined;
      }
    },
    async storePartial(signal) {
      if (at > storedTo) await storeSegment(signal);
    },
    at: () => at,
    storedTo: () => storedTo,
  };
}
