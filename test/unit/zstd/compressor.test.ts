import { randomBytes } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { compressStream, openCompressor } from '../../../layers/zstd/compressor.ts';

/** More than it hands on at once, and half of it hard to compress. */
const bytes = Buffer.concat(
  Array.from({ length: 30 }, () => Buffer.concat([randomBytes(60_000), Buffer.alloc(60_000, 'WAL ')])),
);

test('a stream becomes one frame, of pieces whose memory is used again; what its source fails with is what it fails with', async () => {
  async function* pieces(failing: boolean) {
    const memory = Buffer.alloc(100_000);
    for (let at = 0; at < bytes.length; at += memory.length) yield memory.subarray(0, bytes.copy(memory, 0, at));
    if (failing) throw new Error('the source broke');
  }
  const compressed: Buffer[] = [];
  for await (const chunk of compressStream(pieces(false))) compressed.push(chunk);
  expect(zstdDecompressSync(Buffer.concat(compressed)).equals(bytes)).toBe(true);
  const reading = async () => {
    for await (const _ of compressStream(pieces(true)));
  };
  await expect(reading()).rejects.toThrow('the source broke');
});

test('one frame after another; one that was dropped leaves nothing in the next', async () => {
  let frame: Buffer[] = [];
  const compressor = openCompressor((piece) => void frame.push(piece));
  const frames: Buffer[] = [];
  for (const sizeBytes of [10, 2_500_000, 1]) {
    await compressor.add(Buffer.alloc(1_500_000, 'dropped'));
    compressor.drop();
    frame = [];
    await compressor.add(bytes.subarray(0, sizeBytes));
    await compressor.end();
    frames.push(Buffer.concat(frame));
    expect(zstdDecompressSync(Buffer.concat(frame)).equals(bytes.subarray(0, sizeBytes))).toBe(true);
  }
  expect(frames.map((one) => one.readUInt32LE())).toEqual([0xfd2fb528, 0xfd2fb528, 0xfd2fb528]);
});
