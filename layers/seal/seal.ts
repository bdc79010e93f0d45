import { bodyOf } from '../vault/body.ts';
import type { Body } from '../vault/upload.ts';
import { CHUNK_BYTES, sealChunk } from './payload.ts';
import type { NewFile } from './recipients.ts';

/** So much is read at a time, in chunks that are sealed one by one. */
const BLOCK_BYTES = 16 * CHUNK_BYTES;

/**
 * Seals a stream as it comes, in the memory of two blocks. What it throws, this throws; and then the file has no end that
 * age would take for one.
 *
 * @param fill - gives the bytes to seal
 */
export async function* sealFilled(fill: Body['fill'], { head, key }: NewFile): AsyncGenerator<Buffer> {
  yield head;
  let index = 0;
  let block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let spare = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let filled = await fill(block);
  for (;;) {
    // Which chunk is the last one is known only when nothing follows.
    const following = filled === block.length ? await fill(spare) : 0;
    for (let at = 0; at < filled || index === 0; at += CHUNK_BYTES) {
      const end = Math.min(at + CHUNK_BYTES, filled);
      yield* sealChunk(key, block.subarray(at, end), index++, end === filled && following === 0);
    }
    if (following === 0) return;
    [block, spare] = [spare, block];
    filled = following;
  }
}

/** Seals chunks of any size as they come. */
export function sealChunks(chunks: AsyncIterable<Uint8Array>, file: NewFile): AsyncGenerator<Buffer> {
  const { fill } = bodyOf(chunks);
  return sealFilled(fill, file);
}

/** Seals bytes that are there: the whole file. */
export function sealBytes(bytes: Uint8Array, { head, key }: NewFile): Buffer {
  const pieces = [head];
  for (let at = 0, index = 0; at < bytes.length || index === 0; at += CHUNK_BYTES, index++) {
    pieces.push(...sealChunk(key, bytes.subarray(at, at + CHUNK_BYTES), index, at + CHUNK_BYTES >= bytes.length));
  }
  return Buffer.concat(pieces);
}
