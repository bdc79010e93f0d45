import { expect, test } from 'vitest';
import { readSchedule } from '../../../layers/schedule/expression.ts';
import { overdueAt } from '../../../layers/schedule/overdue.ts';

const overdue = (servedAt: string, ...expressions: readonly string[]) =>
  overdueAt(
    expressions.map((expression) => readSchedule(expression, 'BASE_SCHEDULE')),
    new Date(servedAt),
  )?.toISOString();

test.each([
  ['weekly: a day after the next', 'cron(30 1 ? * SUN *)', '2026-11-22T01:30:05Z', '2026-11-30T01:30:00.000Z'],
  ['daily: when the one after is due', 'cron(0 5 * * ? *)', '2026-11-22T05:00:02Z', '2026-11-24T05:00:00.000Z'],
  ['monthly: a day after the next', 'cron(0 3 1 * ? *)', '2026-11-01T03:00:00Z', '2026-12-02T03:00:00.000Z'],
  ['hourly: when the one after is due', 'rate(1 hour)', '2026-11-22T05:20:00Z', '2026-11-22T07:20:00.000Z'],
  ['more often: an hour after the next', 'rate(5 minutes)', '2026-11-22T05:00:00Z', '2026-11-22T06:05:00.000Z'],
  ['not on weekends', 'cron(0 8-18 ? * MON-FRI *)', '2026-11-20T18:00:01Z', '2026-11-23T09:00:00.000Z'],
  ['every ten days', 'rate(10 days)', '2026-11-01T00:00:00Z', '2026-11-12T00:00:00.000Z'],
  ['for the last time', 'cron(0 3 1 1 ? 2027)', '2026-11-22T00:00:00Z', '2027-01-02T03:00:00.000Z'],
])('%s', (_, expression, servedAt, expected) => {
  expect(overdue(servedAt, expression)).toBe(expected);
});

test('of several schedules the next firing counts', () => {
  const both = ['cron(30 1 ? * SUN *)', 'cron(30 1 ? * MON-SAT *)'] as const;
  expect(overdue('2026-11-21T01:30:05Z', ...both)).toBe('2026-11-23T01:30:00.000Z');
});

test('what fires no more is never overdue', () => {
  expect(overdue('2026-11-22T00:00:00Z', 'cron(0 3 1 1 ? 2020)')).toBeUndefined();
  expect(overdue('2026-11-22T00:00:00Z')).toBeUndefined();
});
