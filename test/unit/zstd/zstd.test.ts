import { expect, test } from 'vitest';
import { compress, decompress } from '../../../layers/zstd/zstd.ts';

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
