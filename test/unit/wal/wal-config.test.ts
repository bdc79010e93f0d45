import { expect, test } from 'vitest';
import { functionDefinitions } from '../../../deploy/aws/functions.ts';
import { configurationProblems } from '../../../functions/configuration.ts';
import { readWalConfig } from '../../../functions/wal/config.ts';
import { functionNames } from '../../../layers/settings/functions.ts';
import { EVERYTHING, REQUIRED } from '../../support/aws/deployment-parameters.ts';
import { MINIO } from '../../support/world/configuration.ts';

const env = { ...MINIO, POSTGRES_HOST: 'db', POSTGRES_USER: 'backup', POSTGRES_DB: 'shop', POSTGRES_PASSWORD: 'p' };
const on = { ...env, PITR: 'on', REPLICATION_USER: 'archivist', REPLICATION_PASSWORD: 'r' };

test('off unless it is on: there is no such function, and nothing of it need be set', () => {
  expect(functionNames({})).not.toContain('wal');
  expect(functionNames({ PITR: 'off' })).not.toContain('wal');
  expect(Object.keys(functionDefinitions(REQUIRED))).not.toContain('wal');
  expect(configurationProblems(() => env)).toEqual([]);
  expect(() => readWalConfig(env)).toThrow('PITR is off');
});

test('on: its role is its own; server and bucket are those of the dumps', () => {
  expect(functionNames({ PITR: 'on' })).toContain('wal');
  expect(functionDefinitions(EVERYTHING)).toHaveProperty('wal.destinations.onFailure', 'notify');
  expect(configurationProblems(() => on)).toEqual([]);
  expect(readWalConfig(on)).toMatchObject({
    postgres: { hosts: [{ host: 'db', port: 5432 }], user: 'archivist', password: { value: 'r' } },
    ...{ slot: 'pgvouch', mode: 'cadence', partialEveryMs: 10_000, windowDays: 7 },
  });
});

test('every problem at once, and no password in it', () => {
  const problems = configurationProblems(() => ({
    ...on,
    REPLICATION_USER: '',
    PITR_SLOT: 'Not One',
    PITR_DAYS: '0',
    WAL_MODE: 'r',
  }));
  expect(problems.join('; ')).toMatch(/REPLICATION_USER is not set.*PITR_SLOT.*PITR_DAYS.*WAL_MODE/);
});

test('by hand the slot is made before it is turned on', () => {
  expect(readWalConfig({ ...on, PITR: '' }, { byHand: true })).toMatchObject({ slot: 'pgvouch' });
});
