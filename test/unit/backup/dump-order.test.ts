import { expect, test } from 'vitest';
import { dumpOrder, endsOf } from '../../../layers/backup/dump-order.ts';

const named = (...names: string[]) => names.map((name) => ({ name }));

test('those without a backup first, then the biggest, then by name', () => {
  const sizes = new Map([
    ['small', 10],
    ['big', 1_000],
    ['also small', 10],
    ['middle', 500],
  ]);
  const ordered = dumpOrder(named('small', 'new', 'middle', 'also small', 'brand new', 'big'), sizes);
  expect(ordered.map(({ name }) => name)).toEqual(['brand new', 'new', 'big', 'middle', 'also small', 'small']);
});

test('when each will have ended', () => {
  expect(endsOf([5, 3, 2], 1)).toEqual([5, 8, 10]);
  expect(endsOf([5, 3, 2, 4], 2)).toEqual([5, 3, 5, 9]);
  expect(endsOf([5, 3], 9)).toEqual([5, 3]);
  expect(endsOf([], 1)).toEqual([]);
});
