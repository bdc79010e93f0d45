import fc from 'fast-check';
import { expect, test } from 'vitest';
import { segmentKey, windowKey } from '../../../layers/wal/keys.ts';
import { isToBeSaid, type SaidWindow, saidWindowsIn, windowInForce } from '../../../layers/wal/said-window.ts';
import { WAL_CLUSTER } from '../../support/world/wal-listing.ts';

const DAY_MS = 86_400_000;
const day = (days: number) => new Date(Date.UTC(2026, 0, 1) + days * DAY_MS);
const said = (...words: readonly [days: number, onDay: number][]): SaidWindow[] =>
  words.map(([days, onDay]) => ({ days, saidAt: day(onDay) }));

test('the longest counts, whoever said it last', () => {
  expect(windowInForce(said([30, 100], [7, 100.5]))).toBe(30);
  expect(windowInForce(said([7, 100], [30, 100.5]))).toBe(30);
});

test('a shorter one takes effect a week after the longer one was said for the last time', () => {
  expect(windowInForce(said([30, 100], [7, 106.9]))).toBe(30);
  expect(windowInForce(said([30, 100], [7, 107]))).toBe(7);
});

test('where archiving has stopped, what was said stands', () => {
  expect(windowInForce(said([30, 0]))).toBe(30);
});

test('of a cluster that nobody has said it of, it is not known', () => {
  expect(windowInForce([])).toBeUndefined();
});

test('it is said anew once a day, so that it does not lapse beside others', () => {
  expect(isToBeSaid([], 7, day(100))).toBe(true);
  expect(isToBeSaid(said([30, 100]), 7, day(100))).toBe(true);
  expect(isToBeSaid(said([30, 100], [7, 99.5]), 7, day(100))).toBe(false);
  expect(isToBeSaid(said([7, 99]), 7, day(100))).toBe(true);
});

test('whoever archives at least every six days is never left with less than what they ask for', () => {
  const runs = fc.array(fc.record({ who: fc.constantFrom(7, 30, 90), afterHours: fc.integer({ min: 0, max: 30 }) }), {
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(runs, (all) => {
      const words = new Map<number, Date>();
      const ranAt = new Map<number, number>();
      let now = 0;
      for (const { who, afterHours } of all) {
        now += afterHours / 24;
        if (isToBeSaid(listOf(words), who, day(now))) words.set(who, day(now));
        ranAt.set(who, now);
        const recent = [...ranAt].filter(([, at]) => now - at <= 6).map(([days]) => days);
        expect(windowInForce(listOf(words))).toBeGreaterThanOrEqual(Math.max(...recent));
      }
    }),
  );
});

const listOf = (words: ReadonlyMap<number, Date>) => [...words].map(([days, saidAt]) => ({ days, saidAt }));

test('it is found in a listing by its key', () => {
  const at = (key: string) => ({ key, sizeBytes: 1, modifiedAt: day(1) });
  const listed = [
    at(windowKey('pgvouch/', WAL_CLUSTER, 7)),
    at(windowKey('pgvouch/', WAL_CLUSTER, 36_500)),
    at(windowKey('pgvouch/', '1', 90)),
    at(segmentKey('pgvouch/', WAL_CLUSTER, '0'.repeat(24))),
    at(windowKey('pgvouch/', WAL_CLUSTER, 7).replace('-7', '-07')),
    at(windowKey('pgvouch/', WAL_CLUSTER, 7).replace('-7', '-0')),
  ];
  expect(saidWindowsIn('pgvouch/', WAL_CLUSTER, listed)).toEqual(said([7, 1], [36_500, 1]));
});
