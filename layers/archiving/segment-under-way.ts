import { openCompressor } from '../zstd/compressor.ts';
import { decompressStream } from '../zstd/zstd.ts';

/** One segment, or its beginning, compressed. */
export interface SegmentBody {
  /** How many bytes of the segment it has. */
  readonly sizeBytes: number;
  /** One frame of zstd. */
  readonly compressed: Buffer;
}

/** The segment under way: it is compressed as it comes, and only that is held. */
export interface SegmentUnderWay {
  /** Takes the segment's next bytes over; the first is the segment's first. */
  add(bytes: Buffer): Promise<void>;
  /** How many bytes it has. */
  sizeBytes(): number;
  /** All that was added. Its memory is used again by what comes next. */
  body(): Promise<SegmentBody>;
  /** Begins another segment. */
  clear(): void;
}

/** What is read from memory at a time. */
const SLICE_BYTES = 256 * 1024;

export function openSegmentUnderWay(segmentSizeBytes: number): SegmentUnderWay {
  const memory = memoryFor(segmentSizeBytes);
  let filled = 0;
  let sizeBytes = 0;
  let isEnded = false;
  const compressor = openCompressor((piece) => {
    if (filled + piece.length > memory.length) throw new Error(`${sizeBytes} bytes became more than ${memory.length}`);
    filled += piece.copy(memory, filled);
  });

  /**
   * A frame that has ended takes nothing more: what it holds goes into another one. That comes to the same bytes up to its
   * last block, so it is written over the one that is read. Were it not so, the checksum of that one would say it.
   */
  async function goOn(): Promise<void> {
    const ended = memory.subarray(0, filled);
    filled = 0;
    isEnded = false;
    for await (const bytes of decompressStream(slicesOf(ended), sizeBytes)) await compressor.add(bytes);
  }

  return {
    async add(bytes) {
      if (isEnded) await goOn();
      sizeBytes += bytes.length;
      await compressor.add(bytes);
    },
    sizeBytes: () => sizeBytes,
    async body() {
      if (!isEnded) await compressor.end();
      isEnded = true;
      return { sizeBytes, compressed: memory.subarray(0, filled) };
    },
    clear() {
      compressor.drop();
      filled = 0;
      sizeBytes = 0;
      isEnded = false;
    },
  };
}

/**
 * For the most that a segment can become: zstd adds a 256th at most. The machine gives memory for what is written there, and
 * no more.
 *
 * @see https://facebook.github.io/zstd/zstd_manual.html, ZSTD_compressBound
 */
function memoryFor(segmentSizeBytes: number): Buffer {
  return Buffer.allocUnsafeSlow(segmentSizeBytes + segmentSizeBytes / 256 + SLICE_BYTES);
}

function* slicesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES);
}
