import { describe, expect, test } from 'vitest';
import { parameterProblems } from '../../../deploy/aws/problems.ts';
import { scheduleProblems, schedulesOf } from '../../../deploy/aws/schedules.ts';
import { REQUIRED } from '../../support/aws/deployment-parameters.ts';

const { POSTGRES_DB: _, ...REST } = REQUIRED;
const NOW = new Date('2026-11-28T12:00:00Z');
const HERE = { stage: 'prod', region: 'eu-central-1' };
const NIGHTLY = 'cron(0 2 * * ? *)';

describe('what is fired', () => {
  test('each database by its own schedule', () => {
    const DATABASE_SETTINGS = JSON.stringify({ crm: { DUMP_SCHEDULE: 'rate(6 hours)', DUMP_TIMEZONE: 'Asia/Tokyo' } });
    const env = { ...REST, POSTGRES_DBS: '["shop","crm"]', DATABASE_SETTINGS };
    expect(parameterProblems(env, HERE)).toEqual([]);
    expect(schedulesOf(env, NOW)).toEqual([
      { number: 1, expression: NIGHTLY, timezone: 'UTC', database: 'shop', detail: { database: 'shop' }, leftOut: [] },
      {
        ...{ number: 2, expression: 'rate(6 hours)', timezone: 'Asia/Tokyo', database: 'crm' },
        ...{ detail: { database: 'crm' }, leftOut: [] },
      },
    ]);
  });

  test('where databases are found, find, once for each schedule', () => {
    const settings = JSON.stringify({ 'crm*': { DUMP_TIMEZONE: 'Europe/Berlin' } });
    const schedules = schedulesOf({ ...REST, POSTGRES_DBS: '*', DATABASE_SETTINGS: settings }, NOW);
    expect(schedules.map(({ database, detail }) => [database, detail])).toEqual([
      [undefined, { schedule: NIGHTLY, timezone: 'UTC' }],
      [undefined, { schedule: NIGHTLY, timezone: 'Europe/Berlin' }],
    ]);
  });

  test('what the scheduler leaves out when clocks are put forward is fired once, for the years to come', () => {
    const leftOut = (DUMP_SCHEDULE: string, DUMP_TIMEZONE: string) =>
      schedulesOf({ ...REQUIRED, DUMP_SCHEDULE, DUMP_TIMEZONE }, NOW)[0]?.leftOut;
    expect(leftOut(NIGHTLY, 'Europe/Berlin')).toEqual([
      ...['at(2027-03-28T01:00:00)', 'at(2028-03-26T01:00:00)', 'at(2029-03-25T01:00:00)'],
    ]);
    expect(leftOut('cron(0 3 * * ? *)', 'Europe/Berlin')).toEqual([]);
  });
});

test('more schedules than a stack holds are refused, with a way out', () => {
  const named = (length: number) => JSON.stringify(Array.from({ length }, (_, index) => `shop${index}`));
  const problems = (length: number, more = {}) =>
    scheduleProblems({ ...REST, POSTGRES_DBS: named(length), ...more }, NOW);
  expect(problems(400)).toEqual([]);
  expect(problems(401)).toEqual([expect.stringMatching(/^401 schedules do not fit a stack of CloudFormation/)]);
  expect(problems(101, { DUMP_TIMEZONE: 'Europe/Berlin' })).toEqual([
    expect.stringMatching(/^404 schedules do not fit .* 303 of them for the days on which clocks change/),
  ]);
  expect(problems(101, { DUMP_TIMEZONE: 'Europe/Berlin', DUMP_SCHEDULE: 'cron(0 4 * * ? *)' })).toEqual([]);
});
