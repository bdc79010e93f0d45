import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NO_MEMORY } from '../../../events/host/clock-memory.ts';
import { type DumpsConfig, startDumpSchedules } from '../../../events/host/dump-schedules.ts';
import type { Schedule } from '../../../events/host/schedule.ts';
import { readScheduled } from '../../../events/host/scheduled.ts';
import { keyOf } from '../../../layers/schedule/dump-schedules.ts';

const BERLIN = { expression: 'cron(30 2 * * ? *)', timezone: 'Europe/Berlin' };
const NEW_YORK = { expression: 'cron(30 2 * * ? *)', timezone: 'America/New_York' };

let schedules: Schedule[];
let fired: string[];

beforeEach(() => {
  vi.useFakeTimers();
  schedules = [];
  fired = [];
});
afterEach(() => {
  for (const schedule of schedules) schedule.stop();
  vi.useRealTimers();
});

function start(config: DumpsConfig) {
  return startDumpSchedules({
    ...{ config, clock: NO_MEMORY },
    start(schedule) {
      schedules.push(schedule);
      return schedule.next;
    },
    async fire(name, event) {
      const { dueAt, database, schedule } = readScheduled(event) ?? {};
      fired.push([name, database ?? (schedule && keyOf(schedule)), dueAt?.toISOString()].join(' '));
    },
  });
}

const groups = [
  { ...BERLIN, databases: ['shop'] },
  { ...NEW_YORK, databases: ['crm', 'logs'] },
];

// In New York clocks are put forward on 14 March 2027, in Berlin on 28 March: neither has 02:30 on that day.
test.each([
  [
    '2027-03-13T12:00:00Z',
    ['shop 2027-03-14T01:30', 'crm 2027-03-14T07:30', 'shop 2027-03-15T01:30', 'crm 2027-03-15T06:30'],
  ],
  [
    '2027-03-27T12:00:00Z',
    ['shop 2027-03-28T01:30', 'crm 2027-03-28T06:30', 'shop 2027-03-29T00:30', 'crm 2027-03-29T06:30'],
  ],
])('from %s on each is dumped by its own clock, once a day', async (now, expected) => {
  vi.setSystemTime(new Date(now));
  const dumps = start({ dumps: groups });
  expect(dumps.next()?.toISOString()).toBe(`${expected[0]?.slice(5)}:00.000Z`);
  await vi.advanceTimersByTimeAsync(48 * 3_600_000);
  expect(fired.filter((one) => !one.includes('logs'))).toEqual(expected.map((one) => `dump ${one}:00.000Z`));
  expect(fired).toHaveLength(6);
});

test('where databases are found, find is fired for each schedule', async () => {
  vi.setSystemTime(new Date('2026-11-22T00:00:00Z'));
  start({ dumps: groups, finds: true });
  await vi.advanceTimersByTimeAsync(24 * 3_600_000);
  expect(fired).toEqual([
    `find ${keyOf(BERLIN)} 2026-11-22T01:30:00.000Z`,
    `find ${keyOf(NEW_YORK)} 2026-11-22T07:30:00.000Z`,
  ]);
});

test('what was missed is fired of those schedules alone that missed it', () => {
  const dueAt = new Date('2026-11-22T07:30:00Z');
  const missed = { dumps: new Map([[keyOf(NEW_YORK), dueAt]]) };
  start({ dumps: groups }).begin(missed, { dump: ['logs'], find: [] });
  expect(fired.splice(0)).toEqual([`dump logs ${dueAt.toISOString()}`]);
  const plan = { dump: [], find: [keyOf(NEW_YORK)] };
  start({ dumps: groups, finds: true }).begin(missed, plan);
  expect(fired).toEqual([`find ${keyOf(NEW_YORK)} ${dueAt.toISOString()}`]);
});
