import { describe, expect, test } from 'vitest';
import { readDumpConfig } from '../../../functions/dump/config.ts';
import { perDatabase } from '../../../layers/settings/database-settings.ts';
import { ARN, MINIO, refusal } from '../../support/world/configuration.ts';

const POSTGRES = { POSTGRES_HOST: 'db', POSTGRES_USER: 'app', POSTGRES_PASSWORD: 'pa55', POSTGRES_DB: 'shop' };

test('the names of the self-hosted setup, and what goes without saying', () => {
  const config = readDumpConfig({ ...POSTGRES, ...MINIO });
  expect(config).toMatchObject({
    databases: ['shop'],
    postgres: {
      hosts: [{ host: 'db', port: 5432 }],
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
      hosts: [{ host: expect.any(String), port: 6432 }],
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

test('what is left out: for all databases, or by database', () => {
  const env = { ...POSTGRES, ...MINIO, POSTGRES_DB: '', POSTGRES_DBS: '["shop", "crm"]' };
  const patterns = { DUMP_EXCLUDE_SCHEMA: '["audit*"]', DUMP_EXCLUDE_TABLE_DATA: '{"crm": ["a", "\\"B\\".*"]}' };
  const { selectionOf } = readDumpConfig({ ...env, ...patterns });
  expect(selectionOf('shop')).toEqual([{ variable: 'DUMP_EXCLUDE_SCHEMA', pattern: 'audit*' }]);
  expect(selectionOf('crm').map(({ pattern }) => pattern)).toEqual(['audit*', 'a', '"B".*']);

  const wrong = { DUMP_EXCLUDE_SCHEMA: 'audit', DUMP_EXCLUDE_TABLE: '["a.b.c"]', DUMP_INCLUDE_TABLE: '{"corm": []}' };
  const { message } = refusal(() => readDumpConfig({ ...env, ...wrong }));
  expect(message).toMatch(/EXCLUDE_SCHEMA must be a JSON array.*pattern "a\.b\.c", which must be.*names "corm"/);
  // Whom a person names need not be configured.
  const byHand = readDumpConfig({ ...env, DUMP_INCLUDE_TABLE: '{"corm": []}' }, { byHand: true });
  expect(byHand.selectionOf('shop')).toEqual([]);

  const both = { DUMP_INCLUDE_TABLE: '["a"]', DUMP_EXCLUDE_SCHEMA: '{"crm": ["b"]}' };
  expect(refusal(() => readDumpConfig({ ...env, ...both })).message).toMatch(/cannot be combined .*database "crm"/);
});

test('databases that are found: what is left out, and who may be named', () => {
  const env = { ...POSTGRES, ...MINIO, POSTGRES_DB: '', POSTGRES_DBS: 'crm_*,!crm_test' };
  const patterns = { DUMP_EXCLUDE_SCHEMA: '["audit*"]', DUMP_EXCLUDE_TABLE: '{"crm": ["a"]}' };
  expect(refusal(() => readDumpConfig({ ...env, ...patterns })).message).toMatch(/DUMP_EXCLUDE_TABLE names "crm", not/);
  const { databases, selectionOf, ...config } = readDumpConfig({
    ...{ ...env, ...patterns, DUMP_EXCLUDE_TABLE: '{"crm_eu": ["a"]}' },
  });
  expect(config.patterns).toEqual({ names: [], include: ['crm_*'], exclude: ['crm_test'] });
  expect(databases).toEqual([]);
  expect(selectionOf('crm_eu').map(({ pattern }) => pattern)).toEqual(['audit*', 'a']);
  expect(selectionOf('crm_us').map(({ pattern }) => pattern)).toEqual(['audit*']);

  const both = { DUMP_INCLUDE_TABLE: '["a"]', DUMP_EXCLUDE_SCHEMA: '{"crm_eu": ["b"]}' };
  expect(refusal(() => readDumpConfig({ ...env, ...both })).message).toMatch(/cannot be combined .*database "crm_eu"/);
  const ping = { BACKUP_PING_URL: 'https://hc-ping.com/T0k3n' };
  expect(refusal(() => readDumpConfig({ ...env, ...ping })).message).toContain('BACKUP_PING_URL');
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

describe('refused', () => {
  test.each<[Record<string, string>, string]>([
    [{ POSTGRES_PASSWORD_SECRET: ARN }, 'POSTGRES_PASSWORD and POSTGRES_PASSWORD_SECRET are both set'],
    [{ PGSSLMODE: 'verify-full' }, 'PGSSLMODE=verify-full needs PGSSLROOTCERT'],
    [{ PGSSLMODE: 'require', PGSSLROOTCERT: 'system' }, 'PGSSLROOTCERT=system needs PGSSLMODE=verify-full'],
    [{ PGSSLMODE: 'disable', PGCHANNELBINDING: 'require' }, 'PGCHANNELBINDING=require needs TLS'],
    [{ PGSSLCERT: '/c.pem' }, 'PGSSLCERT is set without PGSSLKEY: a client certificate needs both'],
    [{ PGSSLKEY: '/c.key' }, 'PGSSLKEY is set without PGSSLCERT'],
    [{ PGSSLMODE: 'disable', PGSSLCERT: '/c.pem', PGSSLKEY: '/c.key' }, 'need TLS, but PGSSLMODE is disable'],
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
});

test('what is left out of one database says nothing about another', () => {
  const env = {
    ...{ POSTGRES_HOST: 'db', POSTGRES_USER: 'u', POSTGRES_DBS: '["shop", "crm"]', PG_CLIENT_DIR: '/c' },
    DUMP_INCLUDE_TABLE: '{"shop": ["orders"]}',
    DATABASE_SETTINGS: '{"crm": {"DUMP_EXCLUDE_SCHEMA": "[\\"old\\"]"}}',
  };
  const configOf = perDatabase(env, readDumpConfig);
  const selected = (database: string) => configOf(database).selectionOf(database);
  expect(selected('shop')).toEqual([{ variable: 'DUMP_INCLUDE_TABLE', pattern: 'orders' }]);
  expect(selected('crm')).toEqual([{ variable: 'DUMP_EXCLUDE_SCHEMA', pattern: 'old' }]);
  const wrong = { ...env, DATABASE_SETTINGS: env.DATABASE_SETTINGS.replace('crm', 'shop') };
  expect(() => perDatabase(wrong, readDumpConfig)('shop')).toThrow('cannot be combined with DUMP_EXCLUDE_SCHEMA');
});
