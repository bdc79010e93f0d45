import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextFiring, previousFiring, readSchedule } from '../../../layers/schedule/expression.ts';
import { wallClock } from '../../../layers/schedule/local-time.ts';

/** Clocks are put forward by an hour, by half an hour, at midnight, for a month of Ramadan, or never. */
const ZONES = [
  ...['Europe/Berlin', 'Europe/Dublin', 'America/New_York', 'America/Santiago', 'Australia/Lord_Howe', 'Africa/Cairo'],
  ...['Africa/Casablanca', 'Asia/Beirut', 'Asia/Tehran', 'America/Scoresbysund', 'Pacific/Chatham', 'UTC'],
];
const DAY_MS = 86_400_000;

function firings(expression: string, timezone: string, from: Date, to: Date): Date[] {
  const schedule = readSchedule(expression, 'DUMP_SCHEDULE', timezone);
  const found: Date[] = [];
  for (let at = nextFiring(schedule, from); at && at < to; at = nextFiring(schedule, at)) found.push(at);
  return found;
}

const local = (at: Date, timezone: string) => wallClock(at, timezone).toISOString().slice(0, 16);
const localDay = (at: Date, timezone: string) => local(at, timezone).slice(0, 10);

describe.each(ZONES)('in %s', (timezone) => {
  test('each local day of a year has exactly one firing of a daily schedule', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2015, max: 2035 }),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 0, max: 59 }),
        (year, hour, minute) => {
          const from = new Date(Date.UTC(year, 0, 1) - 2 * DAY_MS);
          const all = firings(`cron(${minute} ${hour} * * ? *)`, timezone, from, new Date(Date.UTC(year + 1, 0, 3)));
          const days = all.map((at) => localDay(at, timezone)).filter((day) => day.startsWith(String(year)));
          const length = (Date.UTC(year + 1, 0, 1) - Date.UTC(year, 0, 1)) / DAY_MS;
          expect(days.length).toBe(length);
          expect(new Set(days).size).toBe(length);
        },
      ),
      { numRuns: 1 },
    );
  });
});

// One of each kind.
describe.each(['Europe/Berlin', 'Australia/Lord_Howe', 'Africa/Casablanca'])('in %s', (timezone) => {
  test('of several times a day none is missed or repeated', () => {
    const all = firings('cron(0,30 1,2,3 * * ? *)', timezone, new Date('2025-12-30'), new Date('2027-01-03'));
    const times = all.map((at) => local(at, timezone)).filter((time) => time.startsWith('2026'));
    const counts = new Map<string, number>();
    for (const time of times) counts.set(time.slice(0, 10), (counts.get(time.slice(0, 10)) ?? 0) + 1);
    expect(new Set(times).size).toBe(times.length);
    // Where 02:00 and 02:30 are 03:00 and 03:30, these four are two.
    for (const [day, count] of counts) expect([4, 5, 6], day).toContain(count);
    expect(counts.size).toBe(365);
  });

  test('what fires every hour does so each hour that passes', () => {
    const all = firings('cron(0 * * * ? *)', timezone, new Date('2026-02-10'), new Date('2026-11-05'));
    const gaps = all.slice(1).map((at, index) => at.getTime() - (all[index]?.getTime() ?? 0));
    // Where clocks are put forward by half an hour, the next full one is as much later.
    expect(gaps.filter((gap) => gap !== 3_600_000 && gap !== 5_400_000)).toEqual([]);
  });

  test('the firing before one is the one that it came after', () => {
    const schedule = readSchedule('cron(30 0,2 * * ? *)', 'DUMP_SCHEDULE', timezone);
    const all = firings('cron(30 0,2 * * ? *)', timezone, new Date('2026-01-01'), new Date('2027-01-01'));
    const wrong = all.slice(1).filter((at, index) => previousFiring(schedule, at)?.getTime() !== all[index]?.getTime());
    expect(wrong).toEqual([]);
  });
});

test.each([
  ['a time that there is not is as much later', '2026-03-28T12:00Z', 'cron(30 2 * * ? *)', '2026-03-29T01:30:00.000Z'],
  [
    'of a time that there is twice the first counts',
    '2026-10-24T12:00Z',
    'cron(30 2 * * ? *)',
    '2026-10-25T00:30:00.000Z',
  ],
  ['and not the second', '2026-10-25T00:30Z', 'cron(30 2 * * ? *)', '2026-10-26T01:30:00.000Z'],
  ['weekdays are local', '2026-11-22T12:00Z', 'cron(30 0 ? * MON *)', '2026-11-22T23:30:00.000Z'],
])('in Europe/Berlin %s', (_, after, expression, next) => {
  const schedule = readSchedule(expression, 'DUMP_SCHEDULE', 'Europe/Berlin');
  expect(nextFiring(schedule, new Date(after))?.toISOString()).toBe(next);
});
