import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { functionDefinitions, secretsOf } from '../../../deploy/aws/functions.ts';
import { parameterProblems, parameterValues } from '../../../deploy/aws/parameters.ts';
import { FUNCTION_NAMES } from '../../../layers/settings/functions.ts';
import { EVERYTHING, REQUIRED, SECRETS } from '../../support/aws/deployment-parameters.ts';

const read = (file: string) => readFileSync(path.resolve(import.meta.dirname, '../../..', file), 'utf8');

describe('parameters', () => {
  test('what is not set has the default of AWS, or is left to the functions', () => {
    expect(parameterValues({ ...REQUIRED, LOG_RETENTION_DAYS: '' })).toMatchObject({
      ...{ POSTGRES_DBS: '["shop"]', BACKUP_PREFIX: 'pgvouch/', DUMP_SCHEDULE: 'cron(0 2 * * ? *)' },
      ...{ DUMP_TIMEOUT: '', LOG_RETENTION_DAYS: 90, DUMP_MEMORY_MB: 1769, VERIFY_STORAGE_MB: 10_240 },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as CloudFormation fills it in
      ...{ BACKUP_BUCKET: 'postgres-backups-${AWS::AccountId}-${AWS::Region}', NOTIFY_RESERVED_CONCURRENCY: '' },
    });
  });

  test('only the ARNs of secrets are parameters, and nothing of the self-hosted set-up', () => {
    const values = parameterValues({ ...EVERYTHING, ...SECRETS });
    for (const name of Object.keys(SECRETS)) expect(values).not.toHaveProperty(name);
    expect(values.BACKUP_PREFIX).toBe('teams/blue/');
    expect(parameterProblems({ ...EVERYTHING, ...SECRETS, PGSSLROOTCERT: 'system' })).toEqual([]);
  });

  test.each([
    [{ DUMP_TIMEOUT: '9' }, 'DUMP_TIMEOUT must be a whole number of seconds from 10 to 604800'],
    [{ LAMBDA_ARCHITECTURE: 'x86' }, 'LAMBDA_ARCHITECTURE must be x86_64 or arm64'],
    [{ LOG_RETENTION_DAYS: '8' }, /^LOG_RETENTION_DAYS must be one of 1, 3, /],
    [{ BACKUP_PREFIX: 'a*b' }, /^BACKUP_PREFIX must consist of letters/],
    [{ DRILL_DATABASE_URL: 'postgres://u:pw@db' }, /without a password/],
    [
      { RETENTION_DAYS: '3', KEEP_WITHIN_DAYS: '3' },
      'RETENTION_DAYS and KEEP_WITHIN_DAYS are both set and mean the same: keep one',
    ],
    [{ POSTGRES_DBS: '["a"]' }, 'POSTGRES_DB and POSTGRES_DBS are both set: keep one'],
    [{ POSTGRES_DB: '' }, /^POSTGRES_DB or POSTGRES_DBS must be set/],
  ])('%j is refused: %s', (change, problem) => {
    expect(parameterProblems({ ...REQUIRED, ...change })).toEqual([expect.stringMatching(problem)]);
  });

  test('docs/aws.md or docs/configuration.md tells of each', () => {
    const pages = `${read('docs/aws.md')}${read('docs/configuration.md')}`;
    const functions = new RegExp(`^(${FUNCTION_NAMES.join('|')})_`, 'i');
    const unknown = Object.keys(parameterValues({})).filter(
      (name) => !pages.includes(`\`${name}\``) && !pages.includes(`\`${name.replace(functions, '<FUNCTION>_')}\``),
    );
    expect(unknown).toEqual([]);
  });
});

test('each function gets its numbers, and the variables that it reads', () => {
  const { dump, exporter, notify } = functionDefinitions({
    ...REQUIRED,
    KEEP_LAST: '3',
    DUMP_RESERVED_CONCURRENCY: '2',
  });
  expect(dump).toMatchObject({
    ...{ timeout: 900, memorySize: 1769, maximumRetryAttempts: 2, reservedConcurrency: 2 },
    destinations: { onFailure: 'notify', onSuccess: 'notify' },
    environment: { POSTGRES_HOST: 'db.internal', POSTGRES_DBS: '["shop"]', NODE_OPTIONS: '--max-semi-space-size=1' },
  });
  expect(dump).not.toHaveProperty('environment.KEEP_LAST');
  expect(dump).not.toHaveProperty('environment.DUMP_TIMEOUT');
  expect(exporter).not.toHaveProperty('maximumRetryAttempts');
  expect(notify).not.toHaveProperty('destinations');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as CloudFormation fills it in
  expect(notify).toHaveProperty('environment.BACKUP_STATUS_URL', { 'Fn::Sub': '${HttpApi.ApiEndpoint}/' });
});

test('each may read the secrets of its variables', () => {
  expect(secretsOf('dump', EVERYTHING)).toEqual([
    ...[REQUIRED.POSTGRES_PASSWORD_SECRET, EVERYTHING.BACKUP_PING_URL_SECRET],
  ]);
  expect(secretsOf('retention', EVERYTHING)).toEqual([]);
});
