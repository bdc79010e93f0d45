import { zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openCompressor } from '../../../layers/zstd/compressor.ts';
import { decompressStream } from '../../../layers/zstd/zstd.ts';

const bytes = Buffer.from('WAL '.repeat(10_000));

async function compressed(): Promise<Buffer> {
  const frame: Buffer[] = [];
  const compressor = openCompressor((piece) => void frame.push(piece));
  await compressor.add(bytes);
  await compressor.end();
  return Buffer.concat(frame);
}

async function* pieces(of: Buffer, failing = false) {
  const memory = Buffer.alloc(7);
  for (let at = 0; at < of.length; at += memory.length) yield memory.subarray(0, of.copy(memory, 0, at));
  if (failing) throw new Error('the source broke');
}

async function read(of: AsyncIterable<Buffer>, sizeBytes = bytes.length): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of decompressStream(of, sizeBytes)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('what was compressed comes back, from a frame that the format knows', async () => {
  const frame = await compressed();
  expect(frame.length).toBeLessThan(bytes.length / 10);
  // RFC 8878, 3.1.1: the magic number.
  expect(frame.readUInt32LE()).toBe(0xfd2fb528);
  expect((await read(pieces(frame))).equals(bytes)).toBe(true);
  // With its size in it, as versions before wrote it.
  expect((await read(pieces(zstdCompressSync(bytes)))).equals(bytes)).toBe(true);
});

test('a byte that was changed, one that is missing, and more than was asked for are errors', async () => {
  const frame = await compressed();
  const changed = Buffer.from(frame);
  changed[frame.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  await expect(read(pieces(changed))).rejects.toThrow();
  await expect(read(pieces(frame.subarray(0, -8)))).rejects.toThrow();
  await expect(read(pieces(Buffer.from('no zstd')))).rejects.toThrow();
  await expect(read(pieces(frame), bytes.length - 1)).rejects.toThrow('instead of');
  await expect(read(pieces(frame), bytes.length + 1)).rejects.toThrow('instead of');
});

test('what its source fails with is what it fails with', async () => {
  await expect(read(pieces((await compressed()).subarray(0, 20), true))).rejects.toThrow('the source broke');
});
