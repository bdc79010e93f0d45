import { expect, test } from 'vitest';
import { cronPattern, nextFiring, readSchedule } from '../../../layers/schedule/expression.ts';

test.each([
  ['cron(0 2 * * ? *)', '0 0 2 * * * *'],
  ['cron(15 10 ? * MON-FRI *)', '0 15 10 * * MON-FRI *'],
  ['cron(0 18 ? * 2-6 *)', '0 0 18 * * 1-5 *'],
  ['cron(0/15 * * * ? *)', '0 0/15 * * * * *'],
  ['cron(0 9 ? * 2#1 *)', '0 0 9 * * 1#1 *'],
  ['cron(0 9 ? * 1,7 2027)', '0 0 9 * * 0,6 2027'],
])('%s is %s', (expression, pattern) => {
  expect(cronPattern(expression)).toBe(pattern);
});

test('the next firing after an instant, which a rate does not tell', () => {
  const after = new Date('2026-11-23T02:00:00Z');
  const next = (expression: string) => nextFiring(readSchedule(expression, 'DUMP_SCHEDULE'), after)?.toISOString();
  expect(next('cron(0 2 * * ? *)')).toBe('2026-11-24T02:00:00.000Z');
  expect(next('cron(30 2 ? * 6 *)')).toBe('2026-11-27T02:30:00.000Z');
  expect(next('cron(0 2 1 1 ? 2020)')).toBeUndefined();
  expect(next('rate(1 hour)')).toBeUndefined();
});
