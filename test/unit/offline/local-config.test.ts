import { expect, test } from 'vitest';
import { readLocalConfig } from '../../../events/offline/config.ts';
import { checkConfiguration, functionEnvironment } from '../../../events/offline/environment.ts';
import { readDumpConfig } from '../../../functions/dump/config.ts';
import { readExporterConfig } from '../../../functions/exporter/config.ts';
import { ConfigError } from '../../../layers/backup/errors.ts';

const secrets = { postgresPassword: 'made', bucketAccessKey: 'key', bucketSecretKey: 'secret' };
const external = {
  ...{ POSTGRES_HOST: 'db.example.com', POSTGRES_USER: 'backup', POSTGRES_PASSWORD: 'theirs', POSTGRES_DB: 'crm' },
  ...{ MINIO_ENDPOINT: 'http://minio:9000', MINIO_ACCESS_KEY: 'a', MINIO_SECRET_KEY: 'b' },
};
const environment = (env: Record<string, string>) => functionEnvironment(env, readLocalConfig(env), secrets);

test('with nothing configured both servers are embedded, with a sample database', () => {
  const config = readLocalConfig({});
  expect(config).toMatchObject({ embeddedPostgres: true, embeddedBucket: true, databases: ['shop'] });
  expect(config).toMatchObject({
    metricsPort: 3000,
    dumpSchedule: 'cron(0 2 * * ? *)',
    retryDelayMs: 60_000,
    verifyIntervalS: 60,
  });
  expect(config.stateDir).toMatch(/\/\.pgvouch$/);
  expect(config.cacheDir).toBe(config.stateDir);
  expect(() => checkConfiguration([{ name: undefined, env: {} }])).not.toThrow();
});

test('downloaded programs may be kept elsewhere than the data', () => {
  const { stateDir, cacheDir } = readLocalConfig({ PGVOUCH_STATE_DIR: '/data', PGVOUCH_CACHE_DIR: '/cache' });
  expect([stateDir, cacheDir]).toEqual(['/data', '/cache']);
});

test('each server is embedded unless it is configured', () => {
  const { POSTGRES_HOST, POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, ...bucket } = external;
  const postgres = { POSTGRES_HOST, POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB };
  expect(readLocalConfig(bucket)).toMatchObject({ embeddedPostgres: true, embeddedBucket: false });
  expect(readLocalConfig(postgres)).toMatchObject({
    embeddedPostgres: false,
    embeddedBucket: true,
    databases: ['crm'],
  });

  const dump = readDumpConfig(environment(postgres));
  expect(dump.postgres).toMatchObject({
    hosts: [{ host: 'db.example.com', port: 5432 }],
    password: { value: 'theirs' },
  });
  expect(dump.vault.server).toMatchObject({ endpoint: 'http://127.0.0.1:9000', accessKeyId: 'key' });
  const other = readDumpConfig(environment(bucket));
  expect(other.postgres).toMatchObject({ hosts: [{ host: '127.0.0.1', port: 15_432 }], password: { value: 'made' } });
  expect(other.vault.server).toMatchObject({ endpoint: 'http://minio:9000', secretAccessKey: 'b' });
});

test('a server that a service names is one of its own', () => {
  const { POSTGRES_HOST, ...others } = external;
  expect(readLocalConfig({ ...others, PGSERVICE: 'shop' })).toMatchObject({ embeddedPostgres: false });
});

test('an embedded server takes its databases, and nothing else, from the configuration', () => {
  const env = environment({ POSTGRES_DB: 'mine', POSTGRES_PASSWORD: 'theirs', PGSSLMODE: 'verify-full' });
  expect(env).toMatchObject({ POSTGRES_DBS: '["mine"]', POSTGRES_PASSWORD: 'made', PGSSLMODE: 'disable' });
  expect(env).not.toHaveProperty('POSTGRES_DB');
  const places = { POSTGRES_PASSWORD_FILE: '/run/secrets/theirs', MINIO_SECRET_KEY_FILE: '/run/secrets/theirs' };
  for (const name of Object.keys(places)) expect(environment(places)).not.toHaveProperty(name);
});

test('functions get what is theirs, and nothing of the shell', () => {
  const env = environment({ ...external, KEEP_LAST: '3', LOG_LEVEL: '', AWS_SECRET_ACCESS_KEY: 'x', EDITOR: 'ed' });
  expect(env).toMatchObject({ KEEP_LAST: '3', IS_OFFLINE: 'true', TZ: 'UTC' });
  for (const name of ['LOG_LEVEL', 'AWS_SECRET_ACCESS_KEY', 'EDITOR']) expect(env).not.toHaveProperty(name);
  expect(() => readExporterConfig(env)).not.toThrow();
});

test('notify knows the status page of the stack, or the one that is configured', () => {
  expect(environment({ METRICS_PORT: '4711' })).toMatchObject({ BACKUP_STATUS_URL: 'http://127.0.0.1:4711/' });
  const BACKUP_STATUS_URL = 'https://status.example/';
  expect(environment({ BACKUP_STATUS_URL })).toMatchObject({ BACKUP_STATUS_URL });
});

test('every problem of the stack and of all functions is told at once, each once, and no value', () => {
  const env = {
    ...external,
    METRICS_PORT: 's3cret',
    DUMP_SCHEDULE: 's3cret',
    RETENTION_DAYS: 's3cret',
    POSTGRES_USER: '',
  };
  const error = caught(() => checkConfiguration([{ name: undefined, env }]));
  expect(error).toBeInstanceOf(ConfigError);
  const problems = (error as ConfigError).problem.split('; ');
  for (const name of ['METRICS_PORT', 'DUMP_SCHEDULE', 'RETENTION_DAYS', 'POSTGRES_USER']) {
    expect(problems.filter((problem) => problem.startsWith(`${name} `))).toHaveLength(1);
  }
  expect(problems).toHaveLength(4);
  expect((error as ConfigError).message).not.toContain('s3cret');
});

function caught(run: () => void): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
