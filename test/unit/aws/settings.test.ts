import { describe, expect, test } from 'vitest';
import { environmentOf, functionDefinitions, secretsOf, variablesOf } from '../../../deploy/aws/functions.ts';
import { parameterValues, tagsOf } from '../../../deploy/aws/parameters.ts';
import { parameterProblems } from '../../../deploy/aws/problems.ts';
import { EVERYTHING, REQUIRED, SECRETS } from '../../support/aws/deployment-parameters.ts';

/** What logs dump in without a password. */
const RDS = {
  ...{ POSTGRES_AUTH: 'rds-iam', POSTGRES_RESOURCE_ID: 'db-ABC123', POSTGRES_PASSWORD_SECRET: '' },
  ...{ PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/var/runtime/ca-cert.pem' },
};
const HERE = { stage: 'prod', region: 'eu-central-1' };

describe('parameters', () => {
  test('what is not set has the default of AWS, or is left to the functions', () => {
    expect(parameterValues({ ...REQUIRED, LOG_RETENTION_DAYS: '' })).toMatchObject({
      ...{ POSTGRES_DBS: '["shop"]', BACKUP_PREFIX: 'pgvouch/', DUMP_SCHEDULE: 'cron(0 2 * * ? *)' },
      ...{ DUMP_TIMEOUT: '', LOG_RETENTION_DAYS: 90, DUMP_MEMORY_MB: 1769, VERIFY_STORAGE_MB: 10_240 },
      NOTIFY_RESERVED_CONCURRENCY: '',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as CloudFormation fills it in
      BACKUP_BUCKET: 'postgres-backups-${AWS::AccountId}-${AWS::Region}${self:custom.stageSuffix}',
    });
  });

  test('patterns arrive as they were written, in characters that no template reads as its own', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what must not be one
    const DUMP_EXCLUDE_TABLE = JSON.stringify({ shop: ['log*', '"{{resolve:x}}"', '${a}<b>'] });
    const written = String(parameterValues({ ...REQUIRED, DUMP_EXCLUDE_TABLE }).DUMP_EXCLUDE_TABLE);
    expect(JSON.parse(written)).toEqual(JSON.parse(DUMP_EXCLUDE_TABLE));
    expect(written).not.toMatch(/[$<>*]|\{\{/);
  });

  test('only the ARNs of secrets are parameters, and nothing of the self-hosted set-up', () => {
    const values = parameterValues({ ...EVERYTHING, ...SECRETS });
    for (const name of Object.keys(SECRETS)) expect(values).not.toHaveProperty(name);
    expect(values.BACKUP_PREFIX).toBe('teams/blue/');
    expect(parameterProblems({ ...EVERYTHING, ...SECRETS, PGSSLROOTCERT: 'system' }, HERE)).toEqual([]);
  });

  test.each([
    [{ DUMP_TIMEOUT: '9' }, 'DUMP_TIMEOUT must be a whole number of seconds from 10 to 604800'],
    [{ POSTGRES_RESOURCE_ID: 'db-ABC' }, 'POSTGRES_RESOURCE_ID is set without POSTGRES_AUTH=rds-iam'],
    [{ ...RDS, POSTGRES_RESOURCE_ID: '' }, 'POSTGRES_RESOURCE_ID is not set, which POSTGRES_AUTH=rds-iam needs'],
    [{ ...RDS, POSTGRES_RESOURCE_ID: 'shop' }, /^POSTGRES_RESOURCE_ID must be a resource ID of RDS/],
    [{ ...RDS, POSTGRES_USER: 'back*' }, /^POSTGRES_USER must consist of letters/],
    [{ ...RDS, PGSSLMODE: 'require', PGSSLROOTCERT: '' }, /^POSTGRES_AUTH=rds-iam needs PGSSLMODE=verify-full/],
    [
      { ...RDS, POSTGRES_PASSWORD_SECRET: REQUIRED.POSTGRES_PASSWORD_SECRET },
      /makes the password itself: unset POSTGRES_PASSWORD_SECRET$/,
    ],
    [{ LAMBDA_ARCHITECTURE: 'x86' }, 'LAMBDA_ARCHITECTURE must be x86_64 or arm64'],
    [{ LOG_RETENTION_DAYS: '8' }, /^LOG_RETENTION_DAYS must be one of 1, 3, /],
    [{ BACKUP_PREFIX: 'a*b' }, /^BACKUP_PREFIX must consist of letters/],
    [{ DRILL_DATABASE_URL: 'postgres://u:pw@db' }, /without a password/],
    [{ DRILL_DATABASE_URL: 'postgres://u@db/?sslmode=require&password=pw' }, /without a password/],
    [
      { RETENTION_DAYS: '3', KEEP_WITHIN_DAYS: '3' },
      'RETENTION_DAYS and KEEP_WITHIN_DAYS are both set and mean the same: keep one',
    ],
    [{ PGSSLMODE: 'verify-ca' }, 'PGSSLMODE=verify-ca needs PGSSLROOTCERT: a PEM file, or "system"'],
    [{ SWEEP_GRACE_HOURS: '1', DUMP_TIMEOUT: '3600' }, /^SWEEP_GRACE_HOURS .* must be longer than DUMP_TIMEOUT/],
    [{ RETENTION_DAYS: '0' }, /keep/],
    [{ DRILL_DATABASE_PASSWORD_SECRET: REQUIRED.METRICS_TOKEN_SECRET }, /without DRILL_DATABASE_URL$/],
    [{ SCRATCH_MAJOR: '16' }, 'SCRATCH_MAJOR must be one of 15, 17, 18'],
    [{ ALARM_TOPIC_ARN: 'ops' }, /^ALARM_TOPIC_ARN must be an ARN like arn:aws:sns:/],
    [{ STACK_TAGS: '{"aws:x": "1"}' }, /^STACK_TAGS must be a JSON object such as /],
    [{ STACK_TAGS: 'team=blue' }, /^STACK_TAGS must be a JSON object such as /],
    [
      { METRICS_TOKEN_SECRET: REQUIRED.METRICS_TOKEN_SECRET.replace('eu-central-1', 'eu-west-1') },
      /^METRICS_TOKEN_SECRET is a secret in eu-west-1, but the deployment is in eu-central-1: /,
    ],
    [
      { DUMP_CONCURRENCY: '2', DUMP_RESERVED_CONCURRENCY: '2' },
      'DUMP_CONCURRENCY and DUMP_RESERVED_CONCURRENCY are both set and mean the same: keep one',
    ],
    [{ POSTGRES_DB: '', POSTGRES_DBS: '*', DUMP_ON: 'fargate' }, /^DUMP_ON cannot be fargate with patterns/],
    [{ POSTGRES_DB: '', POSTGRES_DBS: '!a' }, /^POSTGRES_DBS leaves databases out/],
    [{ POSTGRES_DBS: '["a"]' }, 'POSTGRES_DB and POSTGRES_DBS are both set: keep one'],
    [{ POSTGRES_DB: '' }, /^POSTGRES_DB or POSTGRES_DBS must be set/],
    [
      { METRICS_TOKEN_SECRET: '', METRICS_TOKEN: SECRETS.METRICS_TOKEN },
      /^METRICS_TOKEN_SECRET is not set \(the ARN of the secret that holds the token for \/metrics: the endpoint is public\)$/,
    ],
  ])('%j is refused: %s', (change, problem) => {
    expect(parameterProblems({ ...REQUIRED, ...change }, HERE)).toEqual([expect.stringMatching(problem)]);
  });

  test('however many databases there are, the environment of a function has room; what else is too long is refused', () => {
    const names = JSON.stringify(Array.from({ length: 400 }, (_, index) => `shop${index}`));
    const { POSTGRES_DB: _, ...rest } = REQUIRED;
    const env = { ...rest, POSTGRES_DBS: names };
    expect(parameterProblems(env, HERE)).toEqual([]);
    const { environment, file } = variablesOf('dump', env);
    expect(file).toEqual({ POSTGRES_DBS: names });
    expect(environment).toMatchObject({
      PGVOUCH_SETTINGS_FILE: '/var/task/settings.json',
      POSTGRES_HOST: 'db.internal',
    });
    expect(environment).not.toHaveProperty('POSTGRES_DBS');
    expect(variablesOf('dump', REQUIRED)).toEqual({ environment: environmentOf('dump', REQUIRED), file: undefined });
    // A value that CloudFormation may fill in stays where it does so.
    const BACKUP_STATUS_URL = `https://status.example/${'x'.repeat(4_000)}`;
    expect(parameterProblems({ ...env, BACKUP_STATUS_URL }, HERE)).toEqual([
      expect.stringMatching(/too many bytes \(notify \d+\), and Lambda allows 4096/),
    ]);
  });

  test('a stage of its own has a bucket of its own, if its name fits', () => {
    const stage = (name: string, env = {}) => parameterProblems({ ...REQUIRED, ...env }, { ...HERE, stage: name });
    expect(stage('staging-2')).toEqual([]);
    expect(stage('Staging')).toEqual([expect.stringMatching(/^the stage must consist of .* Or set BACKUP_BUCKET$/)]);
    expect(stage('Staging', { BACKUP_BUCKET: 'our-own' })).toEqual([]);
  });

  test('tags are those of STACK_TAGS', () => {
    expect(tagsOf(EVERYTHING)).toEqual({ team: 'blue', 'cost centre': '4711' });
    expect(tagsOf(REQUIRED)).toEqual({});
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
    environment: { POSTGRES_HOST: 'db.internal', POSTGRES_DBS: '["shop"]' },
  });
  expect(dump).not.toHaveProperty('environment.KEEP_LAST');
  expect(dump).not.toHaveProperty('environment.DUMP_TIMEOUT');
  expect(exporter).not.toHaveProperty('maximumRetryAttempts');
  expect(notify).not.toHaveProperty('destinations');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as CloudFormation fills it in
  expect(notify).toHaveProperty('environment.BACKUP_STATUS_URL', { 'Fn::Sub': '${HttpApi.ApiEndpoint}/' });
});

test('with patterns there is find, which knows whom to invoke, and one dump at a time unless more are asked for', () => {
  const { POSTGRES_DB: _, ...rest } = REQUIRED;
  const env = { ...rest, POSTGRES_DBS: 'shop,*,!scratch_*' };
  expect(parameterProblems(env, HERE)).toEqual([]);
  const { find, dump } = functionDefinitions(env) as Record<string, { environment: Record<string, string> }>;
  expect(JSON.parse(find?.environment.POSTGRES_DBS ?? '')).toEqual(['shop', '*', '!scratch_*']);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the framework fills it in
  expect(find).toMatchObject({ environment: { DUMP_FUNCTION: '${self:service}-${sls:stage}-dump' }, timeout: 300 });
  expect(dump).toMatchObject({ reservedConcurrency: 1 });
  expect(functionDefinitions({ ...env, DUMP_CONCURRENCY: '3' })).toMatchObject({
    ...{ dump: { reservedConcurrency: 3 }, find: { environment: { DUMP_CONCURRENCY: '3' } } },
  });
  expect(functionDefinitions(REQUIRED)).not.toHaveProperty('find');
  expect(functionDefinitions(REQUIRED).dump).not.toHaveProperty('reservedConcurrency');
  expect(functionDefinitions({ ...REQUIRED, DUMP_CONCURRENCY: '2' }).dump).toMatchObject({ reservedConcurrency: 2 });
});

test('with a token of IAM no password is needed', () => {
  expect(parameterProblems({ ...REQUIRED, ...RDS }, HERE)).toEqual([]);
  expect(functionDefinitions({ ...REQUIRED, ...RDS }).dump).toHaveProperty('environment.POSTGRES_AUTH', 'rds-iam');
});

test('each may read the secrets of its variables', () => {
  expect(secretsOf('dump', EVERYTHING)).toEqual([
    ...[REQUIRED.POSTGRES_PASSWORD_SECRET, EVERYTHING.BACKUP_PING_URL_SECRET],
  ]);
  expect(secretsOf('retention', EVERYTHING)).toEqual([]);
});
