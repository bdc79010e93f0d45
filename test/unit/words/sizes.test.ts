import { expect, test } from 'vitest';
import { bytes } from '../../../layers/words/sizes.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [999.6, '1.0 kB'],
  [1000, '1.0 kB'],
  [99_960, '100 kB'],
  [999_999, '1.0 MB'],
  [12_345_678, '12.3 MB'],
  [48_300_000, '48.3 MB'],
  [193_200_000, '193 MB'],
  [250_000_000, '250 MB'],
  [999_960_000, '1.0 GB'],
  [3e15, '3.0 PB'],
  [3e18, '3000 PB'],
])('%d bytes are %s', (sizeBytes, words) => {
  expect(bytes(sizeBytes)).toBe(words);
});
