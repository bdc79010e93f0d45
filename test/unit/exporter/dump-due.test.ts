import { expect, test } from 'vitest';
import { dumpsDue, overdueOf, withDumpDue } from '../../../functions/exporter/observe/dump-due.ts';
import { dumpWaitsMs } from '../../../functions/exporter/observe/found.ts';
import type { DatabaseState } from '../../../functions/exporter/observe/observation.ts';
import type { FoundDatabases } from '../../../layers/backup/found-databases.ts';
import { readSchedule } from '../../../layers/schedule/expression.ts';
import { emptyState, listedBackup, listedOf, milestone } from '../../support/status/observation.ts';

/** Backups are of 02:00. */
const NOW = new Date('2026-11-28T06:00:00Z');
const schedules = {
  nightly: readSchedule('cron(0 2 * * ? *)', ''),
  berlin: readSchedule('cron(0 2 * * ? *)', '', 'Europe/Berlin'),
  hourly: readSchedule('rate(1 hour)', ''),
  weekly: readSchedule('cron(0 2 ? * SUN *)', ''),
};
type Name = keyof typeof schedules;

/** One of 02:00 on a day of November 2026. */
function backupOf(day: number) {
  const firedAt = new Date(Date.UTC(2026, 10, day, 2));
  const [entry] = listedOf('shop', listedBackup({ database: 'shop', firedAt })).entries;
  return milestone(entry ?? expect.unreachable('no entry'));
}

function stateOf(by: Name, changes: Partial<DatabaseState> = {}): DatabaseState {
  const state = { ...emptyState(by), newest: backupOf(28), ...changes };
  return withDumpDue(state, schedules[by], NOW);
}

const overdue = (state: DatabaseState, waitMs = 0) => overdueOf(state, waitMs)?.toISOString();

test('each is overdue by its own schedule, with what its dump takes and waits', () => {
  expect(overdue(stateOf('nightly'))).toBe('2026-11-29T03:00:00.000Z');
  expect(overdue(stateOf('nightly'), 600_000)).toBe('2026-11-29T03:10:00.000Z');
  // The firing of 02:00 there is 01:00 UTC.
  expect(overdue(stateOf('berlin'))).toBe('2026-11-29T02:00:00.000Z');
  expect(overdue(stateOf('hourly'))).toBe('2026-11-28T04:00:00.000Z');
  const slow = backupOf(28);
  const newest = { ...slow, manifest: { ...slow.manifest, durationMs: 5 * 3_600_000 } };
  expect(overdue(stateOf('weekly', { newest }))).toBe('2026-11-29T12:00:00.000Z');
});

test('the first run that brought nothing counts, not the last', () => {
  expect(overdue(stateOf('nightly', { newest: backupOf(25) }))).toBe('2026-11-26T03:00:00.000Z');
});

test('one without a backup waits for the first firing after it was found; of a name nobody knows since when', () => {
  const foundSince = new Date('2026-11-25T02:00:04Z');
  expect(overdue(stateOf('nightly', { newest: null, foundSince }))).toBe('2026-11-25T03:00:00.000Z');
  expect(overdue(stateOf('weekly', { newest: null, foundSince }))).toBe('2026-11-29T03:00:00.000Z');
  expect(overdue(stateOf('weekly', { newest: null }))).toBeUndefined();
  expect(overdue(stateOf('weekly', { newest: undefined, foundSince }))).toBeUndefined();
  expect(stateOf('nightly', { configured: false }).due).toBeUndefined();
});

test('the next dump of all is the first of any', () => {
  const { nextDumpAt, previousDumpAt } = dumpsDue([stateOf('nightly'), stateOf('berlin'), stateOf('hourly')]);
  expect(nextDumpAt?.toISOString()).toBe('2026-11-29T01:00:00.000Z');
  expect(previousDumpAt?.toISOString()).toBe('2026-11-28T02:00:00.000Z');
  expect(dumpsDue([stateOf('hourly')])).toEqual({ nextDumpAt: undefined, previousDumpAt: undefined });
});

test('a dump waits for those of its own schedule alone', () => {
  const found = { concurrency: 1, databases: ['nightly', 'weekly', 'other'].map((name) => ({ name })) };
  const databases = [stateOf('nightly'), stateOf('weekly'), { ...stateOf('nightly'), database: 'other' }];
  expect(Object.fromEntries(dumpWaitsMs({ databases, found: found as unknown as FoundDatabases }))).toEqual({
    ...{ nightly: 0, weekly: 0, other: 12_000 },
  });
});
