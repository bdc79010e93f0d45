import { expect, test } from 'vitest';
import { compress, compressStream, decompress } from '../../../layers/zstd/zstd.ts';

const bytes = Buffer.from('WAL '.repeat(10_000));

test('what was compressed comes back, from a frame that the format knows', async () => {
  const compressed = await compress(bytes);
  expect(compressed.length).toBeLessThan(bytes.length / 10);
  // RFC 8878, 3.1.1: the magic number.
  expect(compressed.readUInt32LE()).toBe(0xfd2fb528);
  expect((await decompress(compressed, bytes.length)).equals(bytes)).toBe(true);
});

test('a byte that was changed, one that is missing, and more than was asked for are errors', async () => {
  const compressed = await compress(bytes);
  const changed = Buffer.from(compressed);
  changed[compressed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  await expect(decompress(changed, bytes.length)).rejects.toThrow();
  await expect(decompress(compressed.subarray(0, -8), bytes.length)).rejects.toThrow();
  await expect(decompress(compressed, bytes.length - 1)).rejects.toThrow();
});

test('a stream becomes one frame, too; what its source fails with is what it fails with', async () => {
  async function* pieces(failing: boolean) {
    for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
    if (failing) throw new Error('the source broke');
  }
  const compressed: Buffer[] = [];
  for await (const chunk of compressStream(pieces(false))) compressed.push(chunk);
  expect((await decompress(Buffer.concat(compressed), bytes.length)).equals(bytes)).toBe(true);
  const reading = async () => {
    for await (const _ of compressStream(pieces(true)));
  };
  await expect(reading()).rejects.toThrow('the source broke');
});
