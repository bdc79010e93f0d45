import { describe, expect, test } from 'vitest';
import { readDumpConfig } from '../../../functions/dump/config.ts';
import { readVerifyConfig } from '../../../functions/verify/config.ts';

const MINIO = { MINIO_ENDPOINT: 'http://minio:9000/', MINIO_ACCESS_KEY: 'key', MINIO_SECRET_KEY: 'm1nio' };
const POSTGRES = { POSTGRES_HOST: 'db', POSTGRES_USER: 'app', POSTGRES_PASSWORD: 'pa55', POSTGRES_DB: 'shop' };
const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:x';

/** What a configuration is refused with. */
function refusal(read: () => unknown): Error {
  try {
    read();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  return expect.unreachable('it was taken');
}

test('the names of the self-hosted setup, and what goes without saying', () => {
  const config = readDumpConfig({ ...POSTGRES, ...MINIO });
  expect(config).toMatchObject({
    databases: ['shop'],
    postgres: {
      host: 'db',
      port: 5432,
      user: 'app',
      password: { value: 'pa55' },
      sslMode: 'prefer',
      sslRootCert: undefined,
      connectTimeoutMs: 10_000,
    },
    vault: {
      bucket: 'postgres-backups',
      prefix: 'pgvouch/',
      server: { endpoint: 'http://minio:9000', accessKeyId: 'key', secretAccessKey: 'm1nio' },
      maxParts: 10_000,
    },
    clientFolders: ['/opt/pg-client'],
    timeoutMs: 900_000,
    lockTimeoutMs: 300_000,
  });
  expect(Object.isFrozen(config)).toBe(true);
  expect(readVerifyConfig(MINIO)).toMatchObject({ vault: config.vault, clientFolders: config.clientFolders });
});

test('on AWS: no MINIO_*, the password in a secret, everything else said', () => {
  const config = readDumpConfig({
    ...{ POSTGRES_HOST: 'db', POSTGRES_PORT: '6432', POSTGRES_USER: 'app', POSTGRES_PASSWORD_SECRET: ARN },
    ...{ POSTGRES_DBS: '["shop", "crm"]', PGSSLROOTCERT: 'system', PGCONNECT_TIMEOUT: '3', AWS_REGION: 'eu-west-1' },
    ...{ BACKUP_BUCKET: 'my.backups', BACKUP_PREFIX: 'a/b', UPLOAD_MAX_PARTS: '1000', MINIO_ENDPOINT: '' },
    ...{ DUMP_TIMEOUT: '7200', DUMP_LOCK_TIMEOUT: '5', PG_CLIENT_DIR: '/usr/lib/postgresql:/opt/pg' },
  });
  expect(config).toMatchObject({
    databases: ['shop', 'crm'],
    postgres: {
      port: 6432,
      password: { arn: ARN },
      sslMode: 'verify-full',
      sslRootCert: 'system',
      connectTimeoutMs: 3_000,
    },
    vault: { bucket: 'my.backups', prefix: 'a/b/', region: 'eu-west-1', server: undefined, maxParts: 1_000 },
    clientFolders: ['/usr/lib/postgresql', '/opt/pg'],
    timeoutMs: 7_200_000,
    lockTimeoutMs: 5_000,
  });
});

test('every problem is in one message, each naming its variable, and no value is repeated', () => {
  const error = refusal(() =>
    readDumpConfig({
      ...{ POSTGRES_PORT: 'hunter2', POSTGRES_PASSWORD: 'hunter2', POSTGRES_PASSWORD_SECRET: 'hunter2' },
      ...{ PGSSLMODE: 'hunter2', PGCONNECT_TIMEOUT: '-hunter2', BACKUP_BUCKET: 'HUNTER2', BACKUP_PREFIX: '/hunter2' },
      ...{ MINIO_ENDPOINT: 'http://minio:9000', UPLOAD_MAX_PARTS: '0', DUMP_TIMEOUT: '1e9', DUMP_LOCK_TIMEOUT: '0' },
    }),
  );
  expect(error.name).toBe('ConfigError');
  for (const variable of [
    ...['POSTGRES_HOST is not set', 'POSTGRES_USER is not set', 'POSTGRES_DB or POSTGRES_DBS must be set'],
    ...['POSTGRES_PORT must be a whole number', 'POSTGRES_PASSWORD_SECRET must be the ARN', 'PGSSLMODE must be one of'],
    ...['PGCONNECT_TIMEOUT must be', 'BACKUP_BUCKET must be', 'BACKUP_PREFIX must be', 'MINIO_ACCESS_KEY is not set'],
    ...['MINIO_SECRET_KEY is not set', 'UPLOAD_MAX_PARTS must be', 'DUMP_TIMEOUT must be', 'DUMP_LOCK_TIMEOUT must be'],
  ]) {
    expect(error.message).toContain(variable);
  }
  expect(error.message).not.toMatch(/hunter2/i);
});

test('where drills are held', () => {
  const place = (env: Record<string, string>) => readVerifyConfig(env).drillPlace;
  expect(place({ DRILL: 'off' })).toBeUndefined();
  expect(place({})).toMatchObject({ installations: ['/opt/scratch-postgres'], server: undefined });
  expect(place({ DRILL_FOLDER: '/drills', DRILL_DISK_MB: '2000' })).toMatchObject({
    ...{ folder: '/drills', maxBytes: 2_000_000_000 },
  });
  expect(place({ DRILL_DATABASE_URL: 'postgres://drill:pw@db:6432?sslmode=require' })?.server).toMatchObject({
    ...{ host: 'db', port: 6432, user: 'drill', sslMode: 'require', password: { value: 'pw' } },
  });
  const DRILL_DATABASE_URL = 'postgres://drill@db';
  expect(place({ DRILL_DATABASE_URL, DRILL_FOLDER: 'unused' })).toMatchObject({ folder: 'unused' });
  expect(place({ DRILL_DATABASE_URL, DRILL_DATABASE_PASSWORD_SECRET: ARN })?.server?.password).toMatchObject({
    arn: ARN,
  });
  expect(place({ DRILL_DATABASE_URL })?.server?.password).toBeUndefined();
});

describe('refused', () => {
  test.each<[Record<string, string>, string]>([
    [{ POSTGRES_PASSWORD_SECRET: ARN }, 'POSTGRES_PASSWORD and POSTGRES_PASSWORD_SECRET are both set'],
    [{ PGSSLMODE: 'verify-full' }, 'PGSSLMODE=verify-full needs PGSSLROOTCERT'],
    [{ PGSSLMODE: 'require', PGSSLROOTCERT: 'system' }, 'PGSSLROOTCERT=system needs PGSSLMODE=verify-full'],
    [{ POSTGRES_PORT: '65536' }, 'POSTGRES_PORT must be a whole number from 1 to 65535'],
    [{ MINIO_ENDPOINT: 'minio:9000' }, 'MINIO_ENDPOINT must be an http:// or https:// URL'],
    [{ MINIO_ENDPOINT: 'ftp://minio' }, 'MINIO_ENDPOINT must be an http:// or https:// URL'],
    [{ BACKUP_PREFIX: 'a b' }, 'BACKUP_PREFIX must be'],
    [{ BACKUP_PREFIX: 'a//b' }, 'BACKUP_PREFIX must be'],
    [{ BACKUP_BUCKET: 'x' }, 'BACKUP_BUCKET must be'],
    [{ DUMP_TIMEOUT: '9' }, 'DUMP_TIMEOUT must be'],
  ])('%j: %s', (change, problem) => {
    expect(refusal(() => readDumpConfig({ ...POSTGRES, ...MINIO, ...change })).message).toContain(problem);
  });

  test.each<[Record<string, string>, string]>([
    [{ DRILL: 'maybe' }, 'DRILL must be on or off'],
    [{ DRILL_DATABASE_URL: 'mysql://root@db' }, 'it does not begin with postgres://'],
    [
      { DRILL_DATABASE_URL: 'postgres://u:hunter2@db', DRILL_DATABASE_PASSWORD_SECRET: ARN },
      'DRILL_DATABASE_URL holds a password and another is set beside it: keep one',
    ],
    [{ DRILL_DATABASE_PASSWORD: 'hunter2' }, 'DRILL_DATABASE_PASSWORD is set without DRILL_DATABASE_URL'],
    [{ DRILL_DATABASE_PASSWORD_SECRET: 'hunter2' }, 'DRILL_DATABASE_PASSWORD_SECRET must be the ARN'],
    [{ DRILL_DISK_MB: '0' }, 'DRILL_DISK_MB must be a whole number'],
    [{ DRILL_FOLDER: 'drills' }, 'DRILL_FOLDER (or TMPDIR) must be an absolute path'],
    [{ DRILL_FOLDER: `/${'é'.repeat(33)}` }, 'DRILL_FOLDER (or TMPDIR) must have at most 66 bytes'],
  ])('verify: %j: %s', (change, problem) => {
    const { message } = refusal(() => readVerifyConfig(change));
    expect(message).toContain(problem);
    expect(message).not.toContain('hunter2');
  });

  test('verify wants no database, but says what it wants', () => {
    const error = refusal(() => readVerifyConfig({ MINIO_ENDPOINT: 'http://minio:9000' }));
    expect(error.message).toContain('MINIO_ACCESS_KEY is not set; MINIO_SECRET_KEY is not set');
  });
});
