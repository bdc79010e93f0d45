import { expect, test } from 'vitest';
import { readSchedule } from '../../../layers/schedule/expression.ts';
import { leftOutBetween } from '../../../layers/schedule/scheduler-gaps.ts';

const leftOut = (expression: string, timezone: string) =>
  leftOutBetween(
    readSchedule(expression, '', timezone),
    new Date('2027-01-01T00:00:00Z'),
    new Date('2028-01-01T00:00:00Z'),
  ).map((at) => at.toISOString());

test.each([
  // 02:30 is not there on 28 March, and is twice on 31 October: the first is enough.
  ['cron(30 2 * * ? *)', 'Europe/Berlin', ['2027-03-28T01:30:00.000Z']],
  ['cron(30 2 ? * MON-FRI *)', 'Europe/Berlin', []],
  ['cron(0 3 * * ? *)', 'Europe/Berlin', []],
  // What 02:00 becomes is 03:00, which fires anyway.
  ['cron(0,30 1-3 * * ? *)', 'America/New_York', []],
  ['cron(30 1-2 * * ? *)', 'America/New_York', ['2027-03-14T07:30:00.000Z']],
  // In every hour that passes, so too in the second one from two to three.
  ['cron(0 * * * ? *)', 'Europe/Berlin', ['2027-10-31T01:00:00.000Z']],
  ['cron(15 2 * * ? *)', 'Australia/Lord_Howe', ['2027-10-02T15:45:00.000Z']],
  ['cron(30 2 * * ? *)', 'UTC', []],
  ['cron(30 2 * * ? *)', 'Asia/Tokyo', []],
  ['rate(1 hour)', 'Europe/Berlin', []],
])('%s in %s', (expression, timezone, expected) => {
  expect(leftOut(expression, timezone)).toEqual(expected);
});
