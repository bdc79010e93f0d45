import { expect, test } from 'vitest';
import { type ClockMemory, missedFirings, NO_MEMORY } from '../../../events/host/clock-memory.ts';
import { keyOf } from '../../../layers/schedule/dump-schedules.ts';

const NIGHTLY = { expression: 'cron(0 2 * * ? *)', timezone: 'UTC', databases: ['shop'] };
const dumps = { dumps: [NIGHTLY], retentionSchedule: 'cron(30 3 * * ? *)' };
const bases = { baseSchedule: 'cron(30 1 ? * SUN *)', baseIncrementSchedule: 'cron(30 1 ? * MON-SAT *)' };

/** The 22nd is a Sunday. */
const at = (day: number, hour: number) => new Date(Date.UTC(2026, 10, day, hour, 30));
const memory = (served: Readonly<Record<string, Date>>): ClockMemory => ({
  servedAt: (name) => served[name],
  serve() {},
});
const missed = (served: Readonly<Record<string, Date>>, now: Date) =>
  missedFirings({ ...dumps, ...bases }, memory(served), now).base;

test('a first start takes a base backup at once, and none without point-in-time recovery', () => {
  const now = at(24, 9);
  expect(missedFirings({ ...dumps, ...bases }, NO_MEMORY, now).base).toEqual({ kind: 'full', dueAt: now });
  expect(missedFirings(dumps, NO_MEMORY, now).base).toBeUndefined();
});

test('of those that were missed the full one counts, else the latest increment', () => {
  expect(missed({ base: at(15, 1), increment: at(20, 1) }, at(24, 9))).toEqual({ kind: 'full', dueAt: at(22, 1) });
  expect(missed({ base: at(22, 1), increment: at(21, 1) }, at(25, 9))).toEqual({
    ...{ kind: 'incremental', dueAt: at(25, 1) },
  });
  expect(missed({ base: at(22, 1) }, at(23, 9))).toEqual({ kind: 'incremental', dueAt: at(23, 1) });
  expect(missed({ base: at(22, 1), increment: at(23, 1) }, at(23, 9))).toBeUndefined();
});

test('of the recovery drills that were missed the latest counts; a first start waits for the schedule', () => {
  const schedules = { ...dumps, ...bases, recoverySchedule: 'cron(30 5 * * ? *)' };
  const missedAt = (served: Readonly<Record<string, Date>>) =>
    missedFirings(schedules, memory(served), at(24, 9)).recovery;
  expect(missedAt({ recovery: at(21, 5) })).toEqual(at(24, 5));
  expect(missedAt({ recovery: at(24, 5) })).toBeUndefined();
  expect(missedAt({})).toBeUndefined();
  expect(missedFirings({ ...dumps, ...bases }, memory({ recovery: at(21, 5) }), at(24, 9)).recovery).toBeUndefined();
});

test('a refresh that was missed is made up for once, by its time zone; a new one waits for its schedule', () => {
  const staging = { name: 'staging', schedule: 'cron(0 6 ? * MON *)', timezone: 'Europe/Berlin' };
  const missedAt = (served: Readonly<Record<string, Date>>) =>
    missedFirings({ ...dumps, refreshes: [staging] }, memory(served), at(24, 9)).refreshes;
  expect(missedAt({ 'refresh staging': at(1, 5) })).toEqual(new Map([['staging', new Date('2026-11-23T05:00:00Z')]]));
  expect(missedAt({ 'refresh staging': at(23, 5) })).toEqual(new Map());
  expect(missedAt({})).toEqual(new Map());
});

test('dumps that were missed go by their time zone', () => {
  const group = { ...NIGHTLY, timezone: 'America/New_York' };
  const { dumps: missedDumps } = missedFirings({ ...dumps, dumps: [group] }, memory({ dump: at(20, 7) }), at(22, 9));
  expect(missedDumps).toEqual(new Map([[keyOf(group), new Date('2026-11-22T07:00:00Z')]]));
});

test('of the schedules of dumps each remembers its own firing; a new one goes by the last of any', () => {
  const weekly = { ...NIGHTLY, expression: 'cron(0 5 ? * SUN *)', databases: ['logs'] };
  const missedDumps = (served: Readonly<Record<string, Date>>) =>
    missedFirings({ ...dumps, dumps: [NIGHTLY, weekly] }, memory(served), at(24, 9)).dumps;
  const now = new Map([NIGHTLY, weekly].map((group) => [keyOf(group), at(24, 9)]));
  expect(missedDumps({})).toEqual(now);
  const nightly = [keyOf(NIGHTLY), new Date('2026-11-24T02:00:00Z')] as const;
  expect(missedDumps({ dump: at(23, 2) })).toEqual(new Map([nightly]));
  expect(missedDumps({ dump: at(24, 2), [`dump ${keyOf(weekly)}`]: at(15, 5) })).toEqual(
    new Map([[keyOf(weekly), new Date('2026-11-22T05:00:00Z')]]),
  );
});
