import { describe, expect, test } from 'vitest';
import { planRetention, type RetentionCandidate } from '../../../layers/backup/retention.ts';
import type { RetentionPolicy } from '../../../layers/backup/retention-rules.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

function backupAt(at: string | number): RetentionCandidate {
  const snapshotAt = new Date(at);
  return { database: 'shop', firedAt: snapshotAt, snapshotAt, verdict: 'readable', kept: false };
}

/** One backup a day at 02:00 UTC, from Saturday 2024-11-23 on; two years of them if `last` is not given. */
function daily(last = '2026-11-22'): RetentionCandidate[] {
  const first = Date.parse('2024-11-23T02:00:00Z');
  const days = (Date.parse(`${last}T02:00:00Z`) - first) / DAY_MS + 1;
  return Array.from({ length: days }, (_, day) => backupAt(first + day * DAY_MS));
}

/** What the rules claimed: the instant as far as `digits` go, then the reasons. The safeguard's own is left out. */
function claimed(backups: readonly RetentionCandidate[], policy: RetentionPolicy, digits = 10): string[] {
  const { keep } = planRetention(backups, policy, new Date('2026-11-22T03:00:00Z'));
  return keep.map(({ backup: { snapshotAt }, reasons }) =>
    [snapshotAt.toISOString().slice(0, digits), ...reasons.filter((reason) => reason !== 'newest good')].join(', '),
  );
}

// Worked out by hand with a calendar, and compared with what restic 0.18 (`forget --dry-run`) keeps of the same instants.
describe('two years of daily backups', () => {
  test('the catalog is what the tables below take it for', () => {
    expect(daily()).toHaveLength(730);
  });

  test.each<[RetentionPolicy, string[]]>([
    [{ keepLast: 3 }, ['2026-11-22, last 3', '2026-11-21, last 3', '2026-11-20, last 3']],
    [{ keepDays: 2 }, ['2026-11-22, within 2d', '2026-11-21, within 2d', '2026-11-20, within 2d']],
    [{ keepDaily: 2 }, ['2026-11-22, daily 2026-11-22', '2026-11-21, daily 2026-11-21']],
    [
      { keepWeekly: 4 },
      [
        '2026-11-22, weekly 2026-W47',
        '2026-11-15, weekly 2026-W46',
        '2026-11-08, weekly 2026-W45',
        '2026-11-01, weekly 2026-W44',
      ],
    ],
    [
      { keepMonthly: 5 },
      [
        '2026-11-22, monthly 2026-11',
        '2026-10-31, monthly 2026-10',
        '2026-09-30, monthly 2026-09',
        '2026-08-31, monthly 2026-08',
        '2026-07-31, monthly 2026-07',
      ],
    ],
    [{ keepYearly: 2 }, ['2026-11-22, yearly 2026', '2025-12-31, yearly 2025']],
  ])('%j', (policy, expected) => {
    expect(claimed(daily(), policy)).toEqual(expected);
  });

  test('rules add up, each with its own reason', () => {
    expect(claimed(daily(), { keepLast: 1, keepDaily: 7, keepWeekly: 4, keepMonthly: 6, keepYearly: 2 })).toEqual([
      '2026-11-22, last 1, daily 2026-11-22, weekly 2026-W47, monthly 2026-11, yearly 2026',
      '2026-11-21, daily 2026-11-21',
      '2026-11-20, daily 2026-11-20',
      '2026-11-19, daily 2026-11-19',
      '2026-11-18, daily 2026-11-18',
      '2026-11-17, daily 2026-11-17',
      '2026-11-16, daily 2026-11-16',
      '2026-11-15, weekly 2026-W46',
      '2026-11-08, weekly 2026-W45',
      '2026-11-01, weekly 2026-W44',
      '2026-10-31, monthly 2026-10',
      '2026-09-30, monthly 2026-09',
      '2026-08-31, monthly 2026-08',
      '2026-07-31, monthly 2026-07',
      '2026-06-30, monthly 2026-06',
      '2025-12-31, yearly 2025',
    ]);
  });

  // 3 years, 25 months, 105 weeks and 730 days have a backup.
  test.each<[RetentionPolicy, number, string]>([
    [{ keepYearly: 2 }, 2, '2025-12-31, yearly 2025'],
    [{ keepYearly: 3 }, 3, '2024-12-31, yearly 2024'],
    [{ keepYearly: 4 }, 4, '2024-11-23, oldest yearly 2024'],
    [{ keepYearly: 99 }, 4, '2024-11-23, oldest yearly 2024'],
    [{ keepMonthly: 24 }, 24, '2024-12-31, monthly 2024-12'],
    [{ keepMonthly: 25 }, 25, '2024-11-30, monthly 2024-11'],
    [{ keepMonthly: 26 }, 26, '2024-11-23, oldest monthly 2024-11'],
    [{ keepWeekly: 105 }, 105, '2024-11-24, weekly 2024-W47'],
    [{ keepWeekly: 106 }, 106, '2024-11-23, oldest weekly 2024-W47'],
    [{ keepDaily: 729 }, 729, '2024-11-24, daily 2024-11-24'],
    [{ keepDaily: 730 }, 730, '2024-11-23, daily 2024-11-23'],
    [{ keepDaily: 731 }, 730, '2024-11-23, daily 2024-11-23'],
    [{ keepLast: 731 }, 730, '2024-11-23, last 731'],
  ])('%j: while places are left, the oldest stays', (policy, count, oldest) => {
    const kept = claimed(daily(), policy);
    expect(kept).toHaveLength(count);
    expect(kept.at(-1)).toBe(oldest);
  });

  // A week belongs to the year of its Thursday: 2024-12-31 is a Tuesday, 2026-01-01 a Thursday.
  test.each<[string, string[]]>([
    ['2024-12-31', ['2024-12-31, weekly 2025-W01', '2024-12-29, weekly 2024-W52', '2024-12-22, weekly 2024-W51']],
    ['2025-01-05', ['2025-01-05, weekly 2025-W01', '2024-12-29, weekly 2024-W52', '2024-12-22, weekly 2024-W51']],
    ['2026-01-01', ['2026-01-01, weekly 2026-W01', '2025-12-28, weekly 2025-W52', '2025-12-21, weekly 2025-W51']],
    ['2026-01-05', ['2026-01-05, weekly 2026-W02', '2026-01-04, weekly 2026-W01', '2025-12-28, weekly 2025-W52']],
  ])('weeks at the turn of the year, up to %s', (last, expected) => {
    expect(claimed(daily(last), { keepWeekly: 3 })).toEqual(expected);
  });
});

describe('the borders of a period', () => {
  test('a day is one of UTC, to the millisecond', () => {
    const instants = ['2026-11-21T23:59:59.999Z', '2026-11-22T00:00:00.000Z', '2026-11-22T02:00:00.000Z'];
    expect(claimed(instants.map(backupAt), { keepDaily: 2 }, 16)).toEqual([
      '2026-11-22T02:00, daily 2026-11-22',
      '2026-11-21T23:59, daily 2026-11-21',
    ]);
  });

  test('a year of 53 weeks, and the years around it', () => {
    const instants = ['2016-01-03', '2020-12-27', '2020-12-28', '2021-01-03', '2021-01-04'];
    expect(claimed(instants.map(backupAt), { keepWeekly: 5 })).toEqual([
      '2021-01-04, weekly 2021-W01',
      '2021-01-03, weekly 2020-W53',
      '2020-12-27, weekly 2020-W52',
      '2016-01-03, weekly 2015-W53',
    ]);
  });

  test('days without a backup take no place', () => {
    const instants = ['2026-11-22', '2026-10-03', '2026-10-01', '2024-02-29'];
    expect(claimed(instants.map(backupAt), { keepDaily: 3, keepMonthly: 2 })).toEqual([
      '2026-11-22, daily 2026-11-22, monthly 2026-11',
      '2026-10-03, daily 2026-10-03, monthly 2026-10',
      '2026-10-01, daily 2026-10-01',
    ]);
  });

  test('it goes by the instant that the data shows, not by when it was fired', () => {
    const firedAt = new Date('2026-11-21T23:00:00Z');
    const late = { ...backupAt('2026-11-22T01:30:00Z'), firedAt };
    expect(claimed([late, backupAt('2026-11-21T22:00:00Z')], { keepDaily: 2 })).toEqual([
      '2026-11-22, daily 2026-11-22',
      '2026-11-21, daily 2026-11-21',
    ]);
  });
});
