import { expect, test } from 'vitest';
import { functionDefinitions } from '../../../deploy/aws/functions.ts';
import { readBaseConfig } from '../../../functions/base/config.ts';
import { configurationProblems } from '../../../functions/configuration.ts';
import { functionNames } from '../../../layers/settings/functions.ts';
import { EVERYTHING, REQUIRED } from '../../support/aws/deployment-parameters.ts';
import { MINIO } from '../../support/world/configuration.ts';

const env = { ...MINIO, POSTGRES_HOST: 'db', POSTGRES_USER: 'backup', POSTGRES_DB: 'shop', POSTGRES_PASSWORD: 'p' };
const on = { ...env, PITR: 'on', REPLICATION_USER: 'archivist', REPLICATION_PASSWORD: 'r' };

test('off unless there is point-in-time recovery', () => {
  expect(functionNames({ PITR: 'off' })).not.toContain('base');
  expect(Object.keys(functionDefinitions(REQUIRED))).not.toContain('base');
  expect(configurationProblems(() => env)).toEqual([]);
  expect(() => readBaseConfig(env)).toThrow('PITR is off');
});

test('on: the role and the slot are those of wal; server and bucket are those of the dumps', () => {
  expect(functionNames({ PITR: 'on' })).toContain('base');
  expect(functionDefinitions(EVERYTHING)).toHaveProperty('base.destinations.onFailure', 'notify');
  expect(configurationProblems(() => on)).toEqual([]);
  expect(readBaseConfig({ ...on, BASE_TIMEOUT: '7200' })).toMatchObject({
    postgres: { hosts: [{ host: 'db', port: 5432 }], user: 'archivist', password: { value: 'r' } },
    ...{ slot: 'pgvouch', timeoutMs: 7_200_000 },
  });
});

test('every problem at once', () => {
  const problems = configurationProblems(() => ({ ...on, REPLICATION_USER: '', BASE_TIMEOUT: '5' }));
  expect(problems.join('; ')).toMatch(/REPLICATION_USER is not set.*BASE_TIMEOUT/);
});

test('by hand one is taken before it is turned on', () => {
  expect(readBaseConfig({ ...on, PITR: '' }, { byHand: true })).toMatchObject({ slot: 'pgvouch' });
});
