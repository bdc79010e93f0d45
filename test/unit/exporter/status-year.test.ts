import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tally, WEEKS, yearOf } from '../../../functions/exporter/status/judge/year.ts';
import { VERDICTS } from '../../../layers/backup/verdict.ts';
import { backupOf, NOW } from '../../support/status/facts.ts';

const DAY_MS = 86_400_000;

test('a year begins with a Monday and ends today', () => {
  const days = yearOf([], NOW);
  expect(days[0]?.at.getUTCDay()).toBe(1);
  expect(days.at(-1)?.at.toISOString()).toBe('2026-11-23T00:00:00.000Z');
  expect(Math.ceil(days.length / 7)).toBe(WEEKS);
});

test('of several backups of a day the best is shown, and a bad one is not hidden', () => {
  const verdicts = ['corrupt', 'readable', 'restorable', undefined] as const;
  const today = yearOf(
    verdicts.map((verdict) => backupOf(0, { verdict })),
    NOW,
  ).at(-1);
  expect(today).toMatchObject({ sign: 'restorable', mixed: true, backups: 4 });
  expect(yearOf([backupOf(0, { verdict: 'corrupt' })], NOW).at(-1)).toMatchObject({ sign: 'corrupt', mixed: false });
});

test('every backup of the year stands on its day, and none elsewhere, whatever the day it is', () => {
  const anyBackup = fc.record({
    daysAgo: fc.integer({ min: 0, max: 800 }),
    verdict: fc.constantFrom(...VERDICTS, undefined),
  });
  fc.assert(
    fc.property(fc.array(anyBackup, { maxLength: 60 }), fc.integer({ min: 0, max: 400 }), (some, later) => {
      const now = new Date(NOW.getTime() + later * DAY_MS);
      const backups = some.map(({ daysAgo, verdict }) => backupOf(daysAgo, { verdict }));
      const days = yearOf(backups, now);
      const dayOf = (at: Date) => at.toISOString().slice(0, 10);
      const dated = backups.map(({ showsAt }) => dayOf(showsAt));
      for (const { at, backups: count } of days) {
        const date = dayOf(at);
        if (count !== dated.filter((one) => one === date).length) expect.fail(`${date} has ${count}`);
      }
      expect([...tally(days).values()].reduce((sum, number) => sum + number, 0)).toBe(days.length);
      expect(days.length).toBeGreaterThan(7 * (WEEKS - 1));
      expect(days.length).toBeLessThanOrEqual(7 * WEEKS);
    }),
  );
});
