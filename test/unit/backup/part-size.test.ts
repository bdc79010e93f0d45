import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partSizeFor } from '../../../layers/backup/part-size.ts';

const MIB = 2 ** 20;
const TIB = 2 ** 40;
const LARGEST = 2 ** 30;

test.each([
  [0, 10_000, 8 * MIB],
  [1_000 * MIB, 10_000, 8 * MIB],
  [40_000 * MIB, 10_000, 8 * MIB],
  [TIB, 10_000, 210 * MIB],
  [TIB / 4, 1_000, 525 * MIB],
  [TIB, 1_000, 1024 * MIB],
])('a database of %i bytes in at most %i parts: parts of %i bytes', (databaseBytes, maxParts, partBytes) => {
  expect(partSizeFor(databaseBytes, maxParts)).toBe(partBytes);
});

test('an archive twice as large as its database fits, in parts that can be sent, as far as any can', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20 * TIB }), fc.integer({ min: 1, max: 10_000 }), (bytes, maxParts) => {
      const part = partSizeFor(bytes, maxParts);
      expect(part).toBeGreaterThanOrEqual(5 * MIB);
      expect(part % MIB).toBe(0);
      expect(part).toBeLessThanOrEqual(LARGEST);
      expect(part === LARGEST || part * maxParts >= 2 * bytes).toBe(true);
    }),
  );
});
