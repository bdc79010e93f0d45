import { expect, test } from 'vitest';
import { startSchedule } from '../../../events/host/schedule.ts';

test('the next firing is in UTC', () => {
  const schedule = startSchedule('cron(0 2 * * ? *)', 'DUMP_SCHEDULE', () => {});
  expect(schedule.next()?.toISOString()).toMatch(/T02:00:00\.000Z$/);
  schedule.stop();
});

test('numeric weekdays are EventBridge’s: 2 is Monday', () => {
  const schedule = startSchedule('cron(0 2 ? * 2 *)', 'DUMP_SCHEDULE', () => {});
  expect(schedule.next()?.getUTCDay()).toBe(1);
  schedule.stop();
});

test('a rate fires after its interval', () => {
  const schedule = startSchedule('rate(5 minutes)', 'VERIFY_SCHEDULE', () => {});
  const inMs = (schedule.next()?.getTime() ?? 0) - Date.now();
  expect(inMs).toBeGreaterThan(280_000);
  expect(inMs).toBeLessThan(303_000);
  schedule.stop();
});

test.each(['0 2 * * *', 'cron(0 2 * * *)', 'rate(5 fortnights)', 'cron(0 25 * * ? *)', 'rate(0 minutes)'])(
  '%s is refused, naming the variable',
  (expression) => {
    expect(() => startSchedule(expression, 'DUMP_SCHEDULE', () => {})).toThrow(/DUMP_SCHEDULE.*EventBridge/s);
  },
);
