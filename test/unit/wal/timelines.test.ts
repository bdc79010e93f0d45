import { describe, expect, test } from 'vitest';
import { ancestry, isOnWay, isOtherHistory, parseHistory, timelineAt } from '../../../layers/wal/timelines.ts';

/** As PostgreSQL 18 wrote it: two promotions, then a recovery to a moment. */
const HISTORY = [
  '1\t0/50000D8\tno recovery target specified',
  '',
  '2\t0/60001A0\tno recovery target specified',
  '',
  '3\t0/7000148\tbefore 2026-11-27 10:00:00.123456+00',
  '',
].join('\n');

describe('a history file', () => {
  test('names the ancestors, oldest first', () => {
    expect(parseHistory(HISTORY, 4)).toEqual([
      { timeline: 1, endsAt: 0x50000d8n, reason: 'no recovery target specified' },
      { timeline: 2, endsAt: 0x60001a0n, reason: 'no recovery target specified' },
      { timeline: 3, endsAt: 0x7000148n, reason: 'before 2026-11-27 10:00:00.123456+00' },
    ]);
  });

  test('may have comments, and need no reason', () => {
    expect(parseHistory('# by hand\n 1 0/5000000\n', 2)).toEqual([{ timeline: 1, endsAt: 0x5000000n, reason: '' }]);
  });

  test.each([
    ['nothing', ''],
    ['another text', '<?xml version="1.0"?>'],
    ['no position', '1\tno recovery target specified'],
    ['timelines that do not ascend', '2\t0/1\ta\n1\t0/2\tb'],
    ['positions that go back', '1\t0/2\ta\n2\t0/1\tb'],
    ['the timeline itself', '4\t0/1\ta'],
    ['timeline 0', '0\t0/1\ta'],
  ])('with %s is none', (_, text) => {
    expect(parseHistory(text, 4)).toBeUndefined();
  });
});

describe('the way to a timeline', () => {
  const histories = new Map([[4, parseHistory(HISTORY, 4) ?? []]]);
  const way = ancestry(4, histories);

  test('goes by every ancestor to where it was left', () => {
    expect(way).toEqual([
      { timeline: 1, from: 0n, to: 0x50000d8n },
      { timeline: 2, from: 0x50000d8n, to: 0x60001a0n },
      { timeline: 3, from: 0x60001a0n, to: 0x7000148n },
      { timeline: 4, from: 0x7000148n, to: undefined },
    ]);
  });

  test('is the timeline alone without a history', () => {
    expect(ancestry(1, histories)).toEqual([{ timeline: 1, from: 0n, to: undefined }]);
    expect(ancestry(9, histories)).toEqual([{ timeline: 9, from: 0n, to: undefined }]);
  });

  test('a position where one ends is on the next', () => {
    expect([0n, 0x50000d7n, 0x50000d8n, 0x7000148n, 0x9000000n].map((lsn) => timelineAt(way, lsn))).toEqual([
      1, 1, 2, 4, 4,
    ]);
  });

  test('a base backup is on it if it ended before its timeline was left', () => {
    expect(isOnWay(way, 1, 0x50000d8n)).toBe(true);
    expect(isOnWay(way, 1, 0x50000d9n)).toBe(false);
    expect(isOnWay(way, 3, 0x6500000n)).toBe(true);
    expect(isOnWay(way, 3, 0x5500000n)).toBe(false);
    expect(isOnWay(way, 7, 0x6500000n)).toBe(false);
  });
});

test('two restores that chose the same number are told apart by what their histories say', () => {
  const one = parseHistory('1\t0/5000000\tbefore 2026-11-27 10:00:00+00', 2) ?? [];
  expect(isOtherHistory(one, parseHistory('1  0/5000000 before 2026-11-27 10:00:00+00\n', 2) ?? [])).toBe(false);
  expect(isOtherHistory(one, parseHistory('1\t0/5000000\tbefore 2026-11-27 11:00:00+00', 2) ?? [])).toBe(true);
  expect(isOtherHistory(one, parseHistory('1\t0/6000000\tbefore 2026-11-27 10:00:00+00', 2) ?? [])).toBe(true);
});
