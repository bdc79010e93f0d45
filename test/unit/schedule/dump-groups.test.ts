import { expect, test } from 'vitest';
import { dumpGroups, dumpScheduleOf, keyOf } from '../../../layers/schedule/dump-schedules.ts';
import { readDatabases } from '../../../layers/settings/databases.ts';
import { readEnvironment } from '../../../layers/settings/environment.ts';

const NIGHTLY = 'cron(0 2 * * ? *)';
const HOURLY = 'rate(1 hour)';

function groupsOf(POSTGRES_DBS: string, settings: Record<string, object> = {}, own: Record<string, string> = {}) {
  const env = { POSTGRES_DBS, DATABASE_SETTINGS: JSON.stringify(settings), ...own };
  const groups = dumpGroups(env, readDatabases(readEnvironment(env, 'the test')));
  return Object.fromEntries(groups.map((group) => [keyOf(group), group.databases]));
}

test('databases that share a schedule are one group', () => {
  expect(groupsOf('["shop","crm"]')).toEqual({ [`${NIGHTLY} UTC`]: ['shop', 'crm'] });
  const own = { crm: { DUMP_SCHEDULE: HOURLY }, logs: { DUMP_TIMEZONE: 'Europe/Berlin' } };
  expect(groupsOf('["shop","crm","logs"]', own, { DUMP_TIMEZONE: 'Asia/Tokyo' })).toEqual({
    [`${NIGHTLY} Asia/Tokyo`]: ['shop'],
    [`${HOURLY} Asia/Tokyo`]: ['crm'],
    [`${NIGHTLY} Europe/Berlin`]: ['logs'],
  });
});

test('found databases may have any schedule that patterns lead to', () => {
  const berlin = { DUMP_TIMEZONE: 'Europe/Berlin' };
  expect(groupsOf('["shop","*"]', { shop: { DUMP_SCHEDULE: HOURLY } })).toEqual({
    [`${HOURLY} UTC`]: ['shop'],
    [`${NIGHTLY} UTC`]: [],
  });
  // Both may fit a database, or either, or none.
  expect(Object.keys(groupsOf('*', { 'a*': { DUMP_SCHEDULE: HOURLY }, '*z': berlin })).sort()).toEqual(
    [`${NIGHTLY} UTC`, `${HOURLY} UTC`, `${NIGHTLY} Europe/Berlin`, `${HOURLY} Europe/Berlin`].sort(),
  );
  // One that fits all of them leaves none by the schedule of all.
  expect(groupsOf('*', { '*': berlin })).toEqual({ [`${NIGHTLY} Europe/Berlin`]: [] });
  expect(groupsOf('crm_*', { 'crm_*': berlin })).toEqual({ [`${NIGHTLY} Europe/Berlin`]: [] });
});

test('a found database goes by the entries that fit it', () => {
  const settings = { 'crm_*': { DUMP_SCHEDULE: HOURLY }, crm_eu: { DUMP_TIMEZONE: 'Europe/Berlin' } };
  const of = (name: string) => keyOf(dumpScheduleOf({ DATABASE_SETTINGS: JSON.stringify(settings) }, name));
  expect([of('shop'), of('crm_us'), of('crm_eu')]).toEqual([
    ...[`${NIGHTLY} UTC`, `${HOURLY} UTC`, `${HOURLY} Europe/Berlin`],
  ]);
});
