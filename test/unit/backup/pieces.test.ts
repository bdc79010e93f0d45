import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PieceItem, planPieces } from '../../../layers/backup/pieces.ts';

const items = (sizes: readonly number[]): PieceItem[] => sizes.map((sizeBytes, id) => ({ id, sizeBytes }));
const sorted = (pieces: readonly (readonly number[])[]) => pieces.map((piece) => [...piece].sort()).sort();

test('what fits is one piece', () => {
  expect(sorted(planPieces(items([1, 2, 3]), [], [], 6).pieces)).toEqual([[0, 1, 2]]);
});

test('tables of one foreign key come together, and others fill what is left', () => {
  expect(sorted(planPieces(items([4, 4, 4, 4]), [[0, 3]], [], 8).pieces)).toEqual([
    [0, 3],
    [1, 2],
  ]);
});

test('a small table that large ones refer to comes with each of them', () => {
  const ties = [1, 2, 3].map((large) => [0, large]);
  const { pieces } = planPieces(items([1, 9, 9, 9]), ties, [], 10);
  expect(sorted(pieces)).toEqual([
    [0, 1],
    [0, 2],
    [0, 3],
  ]);
});

test('a large one does not: that would take too long', () => {
  const ties = [1, 2, 3].map((large) => [0, large]);
  const { pieces } = planPieces(items([5, 5, 5, 5]), ties, [], 10);
  expect(pieces).toHaveLength(2);
  expect(pieces.flat()).toHaveLength(4);
});

test('what was restored before comes once more, where a foreign key needs it', () => {
  const all = items([1, 9, 9]).map((item) => (item.id === 0 ? { ...item, done: true } : item));
  expect(sorted(planPieces(all, [[0, 2]], [], 10).pieces)).toEqual([[0, 2], [1]]);
  expect(sorted(planPieces(all, [], [], 10).pieces)).toEqual([[1], [2]]);
});

test('what cannot be compared apart is never parted, and one that is too large is named', () => {
  expect(sorted(planPieces(items([4, 4, 4]), [], [[0, 2]], 8).pieces)).toEqual([[0, 2], [1]]);
  expect(planPieces(items([4, 4, 9]), [], [[0, 1]], 7)).toEqual({ pieces: [], tooLarge: [[0, 1], [2]] });
});

const cases = fc
  .record({
    sizes: fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 25 }),
    limit: fc.integer({ min: 100, max: 400 }),
  })
  .chain(({ sizes, limit }) => {
    const ids = fc.uniqueArray(fc.nat(sizes.length - 1), { minLength: 1, maxLength: 4 });
    return fc.record({
      sizes: fc.constant(sizes),
      limit: fc.constant(limit),
      ties: fc.array(ids, { maxLength: 30 }),
      bonds: fc.array(ids, { maxLength: 2 }),
    });
  });

test('every item is in a piece, no piece is too large, bonds hold, and little is restored twice', () => {
  const property = fc.property(cases, ({ sizes, limit, ties, bonds }) => {
    const { pieces, tooLarge } = planPieces(items(sizes), ties, bonds, limit);
    if (tooLarge.length > 0) return;
    const sizeOf = (ids: Iterable<number>) => [...ids].reduce((sum, id) => sum + (sizes[id] ?? 0), 0);
    expect(new Set(pieces.flat())).toEqual(new Set(sizes.keys()));
    for (const piece of pieces) {
      expect(new Set(piece).size).toBe(piece.length);
      expect(sizeOf(piece)).toBeLessThanOrEqual(limit);
    }
    for (const bond of bonds) expect(pieces.some((piece) => bond.every((id) => piece.includes(id)))).toBe(true);
    expect(sizeOf(pieces.flat())).toBeLessThanOrEqual(1.2 * sizeOf(sizes.keys()) + 1e-6);
  });
  fc.assert(property, { numRuns: 300 });
});

test('ten thousand tables are shared out at once', () => {
  const sizes = Array.from({ length: 10_000 }, (_, index) => 1 + ((index * 7919) % 1000));
  const ties = sizes.map((_, index) => [index, Math.floor(index / 10)]);
  const { pieces } = planPieces(items(sizes), ties, [], 300_000);
  expect(new Set(pieces.flat()).size).toBe(10_000);
});
