import { expect, test } from 'vitest';
import { dumpsOf, parseFindFired } from '../../../events/find-fired.ts';
import { parseScheduleFired, scheduleEvent } from '../../../events/schedule-fired.ts';
import { fireDumps } from '../../../functions/find/fire-dumps.ts';
import { type DatabasePatterns, sortPatterns } from '../../../layers/backup/database-patterns.ts';

const now = new Date('2026-11-22T02:00:07.250Z');
const firedAt = new Date('2026-11-22T02:00:00Z');
const found = { firedAt: firedAt.toISOString(), databases: ['shop', 'a "b"'], came: [], went: [] };

test('the schedule, or a person, says when', () => {
  expect(parseFindFired(scheduleEvent(firedAt, 'f1'), now)).toEqual({ firedAt });
  expect(parseFindFired({}, now)).toEqual({ firedAt: new Date('2026-11-22T02:00:07Z') });
  expect(parseFindFired({ time: '2026-11-22T02:00:00.900Z' }, now)).toEqual({ firedAt });
  const detail = { schedule: 'cron(0 2 * * ? *)', timezone: 'Europe/Berlin' };
  const schedule = { expression: detail.schedule, timezone: detail.timezone };
  expect(parseFindFired(scheduleEvent(firedAt, 'f1', detail), now)).toEqual({ firedAt, schedule });
  expect(parseFindFired({ ...detail, time: '2026-11-22T02:00:00Z' }, now)).toEqual({ firedAt, schedule });
  expect(() => parseFindFired({ database: 'shop' }, now)).toThrow('send EventBridge');
  expect(() => parseFindFired({ time: '2026-11-22T03:00:00Z' }, now)).toThrow('in the future');
});

test('each database that was found has its dump, named by the firing of find', () => {
  const patterns = sortPatterns(['*']) as DatabasePatterns;
  const fired = dumpsOf(found, () => 'f2').map((event) => parseScheduleFired(event, { now, databases: [], patterns }));
  expect(fired).toEqual([
    { firedAt, database: 'shop' },
    { firedAt, database: 'a "b"' },
  ]);
});

test('dump takes what patterns fit, and nothing else', () => {
  const patterns = sortPatterns(['shop', 'crm_*', '!crm_test']) as DatabasePatterns;
  const parse = (database?: string) =>
    parseScheduleFired(database === undefined ? {} : { database }, { now, databases: ['shop'], patterns }).database;
  expect([parse('shop'), parse('crm_eu')]).toEqual(['shop', 'crm_eu']);
  expect(() => parse('crm_test')).toThrow(
    'database "crm_test" is not configured\nHint: configured are "shop", "crm_*"',
  );
  expect(() => parse()).toThrow('it does not name a database');
});

test('one that cannot be handed to dump keeps no other from it, and is an error', async () => {
  const invoked: unknown[] = [];
  const said: unknown[] = [];
  const log = { error: (facts: object) => void said.push(facts) } as never;
  const fire = (broken: string) =>
    fireDumps(
      { log },
      found,
      async (event) => {
        const { database } = (event as { detail: { database: string } }).detail;
        if (database === broken) throw new Error('Rate exceeded');
        invoked.push(database);
      },
      () => 'id',
    );
  await fire('none');
  expect(invoked.splice(0)).toEqual(['shop', 'a "b"']);
  await expect(fire('shop')).rejects.toMatchObject({
    ...{ name: 'ConfigError', subject: 'for 1 of 2 databases', problem: 'Rate exceeded' },
  });
  expect(invoked).toEqual(['a "b"']);
  expect(said).toEqual([{ database: 'shop', err: new Error('Rate exceeded') }]);
});
