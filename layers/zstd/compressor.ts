import type { Transform } from 'node:stream';
import { createCompression } from './zstd.ts';

/** Compresses what it is given into one frame after another. Its memory is that of two pieces. */
export interface Compressor {
  /** Takes bytes over; they may be overwritten once this is done. */
  add(bytes: Buffer): Promise<void>;
  /** Ends the frame. What is added then begins another one. */
  end(): Promise<void>;
  /** Drops the frame under way, if there is one. */
  drop(): void;
}

/** So much goes to zstd's thread at once: with a tenth of it, handing it over costs half as much as compressing. */
const PIECE_BYTES = 1024 * 1024;

/**
 * @param take - gets what is compressed, in order; it may keep it
 * @throws {@link ConfigError} once it is used, if this Node.js has no zstd
 */
export function openCompressor(take: (compressed: Buffer) => void): Compressor {
  let [filling, other] = [Buffer.allocUnsafeSlow(PIECE_BYTES), Buffer.allocUnsafeSlow(PIECE_BYTES)];
  let filled = 0;
  let frame: Transform | undefined;
  let working: Promise<void> | undefined;

  /** Has the filled piece compressed, after the one before it; that one's memory is filled meanwhile. */
  async function handOn(): Promise<void> {
    frame ??= createCompression().on('data', take);
    await working;
    working = write(frame, filling.subarray(0, filled));
    [filling, other] = [other, filling];
    filled = 0;
  }

  return {
    async add(bytes) {
      for (let rest = bytes; rest.length > 0; ) {
        const copied = rest.copy(filling, filled);
        filled += copied;
        rest = rest.subarray(copied);
        if (filled === PIECE_BYTES) await handOn();
      }
    },
    async end() {
      await handOn();
      await working;
      await ended(frame);
      frame = undefined;
    },
    drop() {
      frame?.destroy();
      frame = undefined;
      working = undefined;
      filled = 0;
    },
  };
}

/**
 * Compresses bytes of any length as they come; each piece need only be good until the next is asked for. What they throw, it
 * throws.
 *
 * @throws {@link ConfigError} if this Node.js has no zstd
 */
export async function* compressStream(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const compressed: Buffer[] = [];
  const compressor = openCompressor((piece) => void compressed.push(piece));
  try {
    for await (const chunk of bytes) {
      await compressor.add(chunk);
      yield* compressed.splice(0);
    }
    await compressor.end();
    yield* compressed;
  } finally {
    compressor.drop();
  }
}

function write(zstd: Transform, bytes: Buffer): Promise<void> {
  const written = new Promise<void>((resolve, reject) => {
    zstd.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
  // Whoever waits for it hears of a failure.
  written.catch(() => {});
  return written;
}

function ended(zstd: Transform | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    zstd?.once('end', resolve).once('error', reject).end();
  });
}
