import { expect, test } from 'vitest';
import { median, pairedRatio, rotated } from '../../bench/measure/statistics.ts';

test('the median is the middle one, or the mean of the two in the middle, in whatever order', () => {
  expect(median([3])).toBe(3);
  expect(median([10, 1, 2])).toBe(2);
  expect(median([10, 1, 2, 4])).toBe(3);
  expect(() => median([])).toThrow(RangeError);
});

test('ratios are taken within rounds: a slow round does not count twice', () => {
  // The second round was ten times slower for both.
  expect(pairedRatio([2, 20, 2], [1, 10, 1])).toBe(2);
  expect(pairedRatio([1, 9, 4], [2, 3, 4])).toBe(1);
  expect(() => pairedRatio([1, 2], [1])).toThrow('cannot be paired');
});

test('over as many rounds as there are contenders each comes in each place once', () => {
  const names = ['a', 'b', 'c'];
  const orders = [0, 1, 2].map((round) => rotated(names, round));
  for (const place of [0, 1, 2]) expect(orders.map((order) => order[place]).sort()).toEqual(names);
  expect(rotated(names, 3)).toEqual(names);
  expect(rotated([], 2)).toEqual([]);
});
