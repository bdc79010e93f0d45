import { expect, test, vi } from 'vitest';
import { startSchedule } from '../../../events/host/schedule.ts';
import { readSchedule } from '../../../layers/schedule/expression.ts';

test('the next firing is in UTC', () => {
  const schedule = startSchedule(readSchedule('cron(0 2 * * ? *)', 'DUMP_SCHEDULE'), () => {});
  expect(schedule.next()?.toISOString()).toMatch(/T02:00:00\.000Z$/);
  schedule.stop();
});

test('numeric weekdays are EventBridge’s: 2 is Monday', () => {
  const schedule = startSchedule(readSchedule('cron(0 2 ? * 2 *)', 'DUMP_SCHEDULE'), () => {});
  expect(schedule.next()?.getUTCDay()).toBe(1);
  schedule.stop();
});

test('a rate fires after its interval', () => {
  const schedule = startSchedule(readSchedule('rate(5 minutes)', 'VERIFY_SCHEDULE'), () => {});
  const inMs = (schedule.next()?.getTime() ?? 0) - Date.now();
  expect(inMs).toBeGreaterThan(280_000);
  expect(inMs).toBeLessThan(303_000);
  schedule.stop();
});

test.each(['0 2 * * *', 'cron(0 2 * * *)', 'rate(5 fortnights)', 'cron(0 25 * * ? *)', 'rate(0 minutes)'])(
  '%s is refused, naming the variable',
  (expression) => {
    expect(() => startSchedule(readSchedule(expression, 'DUMP_SCHEDULE'), () => {})).toThrow(
      /DUMP_SCHEDULE.*EventBridge/s,
    );
  },
);

test('it fires when it is due, with that instant, and again', async () => {
  const due: Date[] = [];
  const schedule = startSchedule({ kind: 'cron', pattern: '* * * * * * *', timezone: 'UTC' }, (at) => due.push(at));
  await vi.waitFor(() => expect(due.length).toBeGreaterThan(2), { timeout: 60_000 });
  schedule.stop();
  expect(schedule.next()).toBeNull();
  const [one = 0, two = 0, three = 0] = due.map(Number);
  expect([one % 1000, two > one, three > two]).toEqual([0, true, true]);
});
