import { expect, test } from 'vitest';
import { continuityOf } from '../../../layers/wal/continuity.ts';
import type { Histories } from '../../../layers/wal/timelines.ts';
import { baseOf } from '../../support/world/stored-bases.ts';
import { heldIn, historyAt, partialAt, wholeAt } from '../../support/world/wal-listing.ts';

const at = (day: number) => new Date(Date.UTC(2026, 10, day));
const first = baseOf({ startedAt: at(1), startLsn: 0x100100n, stopLsn: 0x100200n });
const second = baseOf({ startedAt: at(2), startLsn: 0x500100n, stopLsn: 0x500200n });
const NONE: Histories = new Map();
/** Timeline 2 left timeline 1 in the middle of segment 3. */
const LEFT: Histories = new Map([[2, [{ timeline: 1, endsAt: 0x380000n, reason: 'promoted' }]]]);

test('WAL that follows a base backup to the end has no gap', () => {
  const holdings = heldIn([wholeAt(1, 1), wholeAt(1, 2), partialAt(1, 3, 4_096)]);
  expect(continuityOf({ bases: [first], holdings, histories: NONE })).toMatchObject({
    gaps: [],
    bases: [{ stored: first, isWhole: true, gaps: [] }],
    withoutHistory: [],
  });
});

test('a gap is behind the base backup before it, and not behind the one after it', () => {
  const holdings = heldIn([1, 2, 5, 6].map((number) => wholeAt(1, number)));
  const gap = { timeline: 1, from: 0x300000n, to: 0x500000n };
  expect(continuityOf({ bases: [first, second], holdings, histories: NONE })).toMatchObject({
    gaps: [gap],
    bases: [{ gaps: [gap] }, { gaps: [], isWhole: true }],
  });
});

test('only the beginning of a segment with WAL after it is a gap, too', () => {
  const holdings = heldIn([wholeAt(1, 1), partialAt(1, 2, 4_096), wholeAt(1, 3)]);
  const { gaps } = continuityOf({ bases: [first], holdings, histories: NONE });
  expect(gaps).toEqual([{ timeline: 1, from: 0x201000n, to: 0x300000n }]);
});

test('every timeline that goes on from a base backup is followed', () => {
  const both = [wholeAt(1, 1), wholeAt(1, 2), partialAt(1, 3, 0x80000), historyAt(2), wholeAt(2, 3)];
  const whole = continuityOf({ bases: [first], holdings: heldIn(both), histories: LEFT });
  expect(whole).toMatchObject({ gaps: [], withoutHistory: [] });
  const lacking = heldIn([...both, wholeAt(2, 5)]);
  expect(continuityOf({ bases: [first], holdings: lacking, histories: LEFT }).gaps).toEqual([
    { timeline: 2, from: 0x400000n, to: 0x500000n },
  ]);
});

test('what a server wrote on the old timeline after another was promoted is followed by itself', () => {
  const listing = [wholeAt(1, 1), wholeAt(1, 2), wholeAt(1, 3), wholeAt(1, 5), historyAt(2), wholeAt(2, 3)];
  expect(continuityOf({ bases: [first], holdings: heldIn(listing), histories: LEFT }).gaps).toEqual([
    { timeline: 1, from: 0x400000n, to: 0x500000n },
  ]);
});

test('a gap before the fork is one, whatever both timelines have after it', () => {
  const listing = [wholeAt(1, 1), wholeAt(1, 3), historyAt(2), wholeAt(2, 3), wholeAt(2, 4)];
  expect(continuityOf({ bases: [first], holdings: heldIn(listing), histories: LEFT }).gaps).toEqual([
    { timeline: 1, from: 0x200000n, to: 0x300000n },
  ]);
});

test('without the WAL of its own time a base backup is not whole', () => {
  const { bases } = continuityOf({ bases: [first], holdings: heldIn([wholeAt(1, 2)]), histories: NONE });
  expect(bases).toMatchObject([{ isWhole: false, gaps: [{ from: 0x100100n, to: 0x200000n }] }]);
});

test('WAL of before the first base backup counts for nothing; a timeline without its history is named', () => {
  const holdings = heldIn([wholeAt(1, 2), wholeAt(1, 5), wholeAt(3, 7)]);
  expect(continuityOf({ bases: [second], holdings, histories: NONE })).toMatchObject({
    gaps: [],
    withoutHistory: [3],
  });
});
