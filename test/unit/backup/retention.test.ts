import { describe, expect, test } from 'vitest';
import { planRetention, type RetentionCandidate } from '../../../layers/backup/retention.ts';
import type { RetentionPolicy } from '../../../layers/backup/retention-rules.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const now = new Date('2026-11-22T03:00:00Z');
const thirtyDays: RetentionPolicy = { keepDays: 30 };

/** A backup `ageDays` before now, verified as readable unless said otherwise. */
function backup(ageDays: number, changes: Partial<RetentionCandidate> = {}): RetentionCandidate {
  const snapshotAt = new Date(now.getTime() - ageDays * DAY_MS);
  return { database: 'shop', firedAt: snapshotAt, snapshotAt, verdict: 'readable', kept: false, ...changes };
}

/** What was decided, by age in days. */
function told(backups: readonly RetentionCandidate[], policy = thirtyDays, at = now) {
  const plan = planRetention(backups, policy, at);
  const lines = (part: typeof plan.keep) =>
    part.map(({ backup: { snapshotAt }, reasons }) => [(now.getTime() - snapshotAt.getTime()) / DAY_MS, ...reasons]);
  return { keep: lines(plan.keep), retire: lines(plan.retire) };
}

describe('what is kept and why', () => {
  test('days are counted back from the newest backup', () => {
    expect(told([backup(1), backup(31), backup(31.01), backup(40)])).toEqual({
      keep: [
        [1, 'newest good', 'within 30d'],
        [31, 'within 30d'],
      ],
      retire: [
        [31.01, 'older than 30d'],
        [40, 'older than 30d'],
      ],
    });
  });

  test('the newest restorable one stays, however old it is, and days are counted from it among its like', () => {
    const proved = (ageDays: number) => backup(ageDays, { verdict: 'restorable' });
    expect(told([backup(0), backup(31), proved(400), proved(430), proved(431)])).toEqual({
      keep: [
        [0, 'within 30d'],
        [400, 'newest restorable', 'within 30d restorable'],
        [430, 'within 30d restorable'],
      ],
      retire: [
        [31, 'older than 30d'],
        [431, 'older than 30d'],
      ],
    });
  });

  test('one without a verdict and one kept by hand stay', () => {
    expect(told([backup(0), backup(50, { verdict: undefined }), backup(60, { kept: true })]).keep).toEqual([
      [0, 'newest good', 'within 30d'],
      [50, 'no verdict yet'],
      [60, 'kept by hand'],
    ]);
  });

  test('bad ones go by age and push no good one out', () => {
    const corrupt = (ageDays: number) => backup(ageDays, { verdict: 'corrupt' });
    expect(told([corrupt(0), corrupt(10), backup(45), backup(60), corrupt(70), corrupt(80)])).toEqual({
      keep: [
        [0, 'newer than every good backup', 'within 30d'],
        [10, 'newer than every good backup', 'within 30d'],
        [45, 'newest good', 'within 30d'],
        [60, 'within 30d'],
        [70, 'within 30d'],
      ],
      retire: [[80, 'older than 30d']],
    });
  });

  test('while none is good none is retired: what says so may be what is broken', () => {
    const bad = (ageDays: number) => backup(ageDays, { verdict: 'unrestorable' });
    expect(told([bad(0), bad(40), bad(400)])).toEqual({
      keep: [
        [0, 'no backup is good', 'within 30d'],
        [40, 'no backup is good'],
        [400, 'no backup is good'],
      ],
      retire: [],
    });
  });

  test('bad ones take no place among the last', () => {
    const plan = told(
      [backup(0, { verdict: 'unrestorable' }), backup(1), backup(2, { verdict: 'restorable' }), backup(3), backup(4)],
      { keepLast: 2 },
    );
    expect(plan).toEqual({
      keep: [
        [0, 'newer than every good backup'],
        [1, 'last 2'],
        [2, 'newest restorable', 'last 2'],
      ],
      retire: [
        [3, 'not among the last 2'],
        [4, 'not among the last 2'],
      ],
    });
  });

  test('one from the future pushes nothing out', () => {
    expect(told([backup(-400), backup(0), backup(29)]).retire).toEqual([]);
    expect(told([backup(-400), backup(29), backup(58)]).retire).toEqual([]);
    const proved = backup(-400, { verdict: 'restorable' });
    expect(told([proved, backup(0), backup(1)], { keepLast: 1 })).toEqual({
      keep: [
        [-400, 'newest restorable', 'dated in the future'],
        [0, 'last 1'],
      ],
      retire: [[1, 'not among the last 1']],
    });
  });

  test('a clock that is a year ahead loses nothing, nor one that is a year behind', () => {
    const month = Array.from({ length: 30 }, (_, day) => backup(day));
    for (const days of [365, -365]) {
      expect(told(month, thirtyDays, new Date(now.getTime() + days * DAY_MS)).retire).toEqual([]);
    }
  });

  test('a policy that keeps nothing is refused, even for an empty catalog', () => {
    expect(() => planRetention([], { keepDays: 0, keepDaily: 0 }, now)).toThrow(
      expect.objectContaining({ name: 'PolicyError', hint: expect.stringContaining('RETENTION_DAYS') }),
    );
  });
});

describe('proved and unproved', () => {
  const proved = (ageDays: number) => backup(ageDays, { verdict: 'restorable' });

  test('unproved ones do not push out a proved one', () => {
    expect(told([backup(0), backup(1), backup(2), proved(3), proved(4), proved(5)], { keepDaily: 2 })).toEqual({
      keep: [
        [0, 'daily 2026-11-22'],
        [1, 'daily 2026-11-21'],
        [3, 'newest restorable', 'daily 2026-11-19 restorable'],
        [4, 'daily 2026-11-18 restorable'],
      ],
      retire: [
        [2, 'not among the last 2 daily'],
        [5, 'not among the last 2 daily'],
      ],
    });
  });

  test('nor does a proved one push out all the others', () => {
    expect(told([proved(0), backup(1), backup(2), backup(3)], { keepDaily: 3 })).toEqual({
      keep: [
        [0, 'newest restorable', 'daily 2026-11-22'],
        [1, 'daily 2026-11-21'],
        [2, 'daily 2026-11-20'],
      ],
      retire: [[3, 'not among the last 3 daily']],
    });
  });

  test('of one day both the newest and the newest proved stay', () => {
    expect(told([backup(0), proved(0.05), backup(0.1)], { keepDaily: 1 })).toEqual({
      keep: [
        [0, 'daily 2026-11-22'],
        [0.05, 'newest restorable', 'daily 2026-11-22 restorable'],
      ],
      retire: [[0.1, 'not among the last 1 daily']],
    });
  });
});
