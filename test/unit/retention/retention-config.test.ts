import { describe, expect, test } from 'vitest';
import { readRetentionConfig, readRetentionConfigs } from '../../../functions/retention/config.ts';
import { readRetentionRequest } from '../../../functions/retention/request.ts';

describe('configuration', () => {
  test('defaults', () => {
    const config = readRetentionConfig({});
    expect(config).toMatchObject({
      vault: { bucket: 'postgres-backups', prefix: 'pgvouch/' },
      policy: { keepDays: 30, keepLast: 0 },
      graceDays: 7,
      sweepGraceMs: 48 * 60 * 60 * 1000,
      removal: 'tag',
      dryRun: false,
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test('every variable', () => {
    const env = {
      RETENTION_DAYS: '90',
      RETENTION_GRACE_DAYS: '0',
      RETENTION_REMOVAL: 'direct',
      RETENTION_DRY_RUN: 'true',
      SWEEP_GRACE_HOURS: '3',
      DUMP_TIMEOUT: '10799',
    };
    expect(readRetentionConfig(env)).toMatchObject({
      policy: { keepDays: 90 },
      graceDays: 0,
      sweepGraceMs: 3 * 60 * 60 * 1000,
      removal: 'direct',
      dryRun: true,
    });
  });

  test('every problem at once, each naming its variable', () => {
    const env = {
      RETENTION_DAYS: 'thirty',
      RETENTION_GRACE_DAYS: '-1',
      RETENTION_REMOVAL: 'delete',
      RETENTION_DRY_RUN: 'yes',
      BACKUP_BUCKET: 'Not A Bucket',
    };
    const read = () => readRetentionConfig(env);
    expect(read).toThrow(expect.objectContaining({ name: 'ConfigError' }));
    for (const name of Object.keys(env)) expect(read).toThrow(name);
  });

  test('a sweep that would not wait for the longest dump is refused', () => {
    expect(() => readRetentionConfig({ SWEEP_GRACE_HOURS: '3', DUMP_TIMEOUT: '10800' })).toThrow(
      /SWEEP_GRACE_HOURS \(3 hours\) must be longer than DUMP_TIMEOUT \(10800 seconds\)/,
    );
  });

  test.each([{ RETENTION_DAYS: '0' }, { KEEP_WITHIN_DAYS: '0' }, { RETENTION_DAYS: '0', KEEP_DAILY: '0' }])(
    'a policy that keeps nothing is refused at the first cold start: %j',
    (env) => {
      expect(() => readRetentionConfig(env)).toThrow(
        expect.objectContaining({ name: 'PolicyError', hint: expect.stringContaining('RETENTION_DAYS') }),
      );
    },
  );
});

describe('the policy', () => {
  const nothing = { keepDays: 0, keepLast: 0, keepDaily: 0, keepWeekly: 0, keepMonthly: 0, keepYearly: 0 };

  test.each<[Record<string, string>, Partial<typeof nothing>]>([
    [{}, { keepDays: 30 }],
    [{ KEEP_WITHIN_DAYS: '90' }, { keepDays: 90 }],
    [{ KEEP_WITHIN_DAYS: '90', RETENTION_DAYS: '' }, { keepDays: 90 }],
    [{ KEEP_DAILY: '0' }, { keepDays: 30 }],
    [{ KEEP_LAST: '3' }, { keepLast: 3 }],
    [
      { KEEP_LAST: '3', RETENTION_DAYS: '14' },
      { keepLast: 3, keepDays: 14 },
    ],
    [{ KEEP_YEARLY: '3', RETENTION_DAYS: '0' }, { keepYearly: 3 }],
    [
      { KEEP_DAILY: '7', KEEP_WEEKLY: '4', KEEP_MONTHLY: '12', KEEP_YEARLY: '2' },
      { keepDaily: 7, keepWeekly: 4, keepMonthly: 12, keepYearly: 2 },
    ],
  ])('%j', (env, expected) => {
    expect(readRetentionConfig(env).policy).toEqual({ ...nothing, ...expected });
  });

  test('two numbers of days are one too many, even if they agree', () => {
    expect(() => readRetentionConfig({ RETENTION_DAYS: '30', KEEP_WITHIN_DAYS: '30' })).toThrow(
      expect.objectContaining({
        name: 'ConfigError',
        problem: expect.stringMatching(/RETENTION_DAYS and KEEP_WITHIN_DAYS are both set/),
      }),
    );
  });

  test('every bad number is named', () => {
    const env = { KEEP_LAST: '-1', KEEP_DAILY: '1.5', KEEP_WEEKLY: 'all', KEEP_MONTHLY: '36501', KEEP_YEARLY: ' 1' };
    for (const name of Object.keys(env)) expect(() => readRetentionConfig(env)).toThrow(name);
  });
});

describe('what a firing asks for', () => {
  const scheduled = { 'detail-type': 'Scheduled Event', time: '2026-11-22T03:00:00Z', resources: [] };

  test.each([[undefined], [null], [{}], [scheduled], [{ dryRun: false }]])('%j asks for a real run', (event) => {
    expect(readRetentionRequest(event)).toEqual({ dryRun: false });
  });

  test('a dry run', () => {
    expect(readRetentionRequest({ dryRun: true })).toEqual({ dryRun: true });
  });

  test.each([[{ dryRun: 'true' }], [{ dryRun: 1 }], [{ dryrun: true }], [{ 'dry-run': true }], ['dryRun'], [[]]])(
    '%j is refused: nothing may be removed by a misunderstanding',
    (event) => {
      expect(() => readRetentionRequest(event)).toThrow(expect.objectContaining({ name: 'EventError' }));
    },
  );
});

test('databases may have rules of their own', () => {
  const env = { KEEP_DAILY: '7', DATABASE_SETTINGS: '{"shop": {"KEEP_LAST": "3", "RETENTION_GRACE_DAYS": "1"}}' };
  const { policy, graceDays, rulesOf } = readRetentionConfigs(env);
  expect(rulesOf('shop')).toMatchObject({ policy: { ...policy, keepLast: 3 }, graceDays: 1 });
  expect(rulesOf('crm')).toMatchObject({ policy, graceDays });
});
