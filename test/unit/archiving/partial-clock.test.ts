import { expect, test } from 'vitest';
import { openPartialClock } from '../../../layers/archiving/partial-clock.ts';

test('the next beginning is stored before the bucket is further behind than it may be', () => {
  const clock = openPartialClock(10_000, 0);
  expect(clock.dueMs).toBe(5_000);
  clock.stored(10_000, 11_500);
  // Begun at 18 s, it takes as long, and is there 9.5 s after the one before was begun.
  expect(clock.dueMs).toBe(18_000);
  clock.stored(18_000, 18_100);
  expect(clock.dueMs).toBe(18_000 + 9_500 - 1_200);
});

test('a slow store gets half the time at least', () => {
  const clock = openPartialClock(10_000, 0);
  clock.stored(10_000, 40_000);
  expect(clock.dueMs).toBe(15_000);
});
