import { expect, test } from 'vitest';
import { drillBytes, takesTooLong } from '../../../layers/wal/drill-time.ts';
import { baseOf } from '../../support/world/stored-bases.ts';

const MINUTES = 60_000;
const at = new Date('2026-11-28T05:15:00Z');
const now = new Date('2026-11-29T05:00:00Z');
/** One of 20 GB that had 14 minutes. */
const last = { at: at.toISOString(), tookMs: 14 * MINUTES, workBytes: 20e9 };
const limitMs = 14.5 * MINUTES;

test.each([
  ['as much', 20e9, limitMs, true],
  ['a little more', 21e9, limitMs, true],
  ['half of it, as after a newer base backup', 10e9, limitMs, false],
  ['as much, in a run of six hours', 20e9, 360 * MINUTES, false],
  ['thirty times as much, in a run of six hours', 600e9, 360 * MINUTES, true],
])('after one that ran out of time: %s', (_, workBytes, ofRun, tooLong) => {
  expect(takesTooLong(last, { workBytes, limitMs: ofRun }, now)).toBe(tooLong);
});

test('after a week it is tried again', () => {
  const week = new Date(at.getTime() + 7 * 86_400_000);
  expect(takesTooLong(last, { workBytes: 20e9, limitMs }, new Date(week.getTime() - 1))).toBe(true);
  expect(takesTooLong(last, { workBytes: 20e9, limitMs }, week)).toBe(false);
});

test('a drill that had part of a run predicts nothing for a whole run', () => {
  expect(takesTooLong({ ...last, tookMs: 2 * MINUTES }, { workBytes: 20e9, limitMs }, now)).toBe(false);
});

test('the work is the files of all base backups of the chain, and the WAL', () => {
  const lsns = { startLsn: 0x100000n, stopLsn: 0x100100n };
  const chain = [20, 10].map((hours) => baseOf({ startedAt: new Date(now.getTime() - hours * 3_600_000), ...lsns }));
  expect(drillBytes(chain, 3, 16 * 1024 ** 2)).toBe(2 * 40_000_000 + 3 * 16 * 1024 ** 2);
});
