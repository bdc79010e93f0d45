import { expect, test } from 'vitest';
import { checkServers, limitMsOf, type ServiceConfig } from '../../../events/serve/config.ts';
import { ConfigError } from '../../../layers/backup/errors.ts';
import type { Environment } from '../../../layers/settings/environment.ts';

const ENV = {
  ...{ POSTGRES_HOST: 'db.internal', POSTGRES_USER: 'backup', POSTGRES_DB: 'shop' },
  ...{ MINIO_ENDPOINT: 'http://minio.internal:9000', MINIO_ACCESS_KEY: 'a', MINIO_SECRET_KEY: 'b' },
};

const checkServiceConfig = (env: Environment) => checkServers([{ name: undefined, env }])[0]?.config;

test('what is not configured has its default', () => {
  expect(checkServiceConfig(ENV)).toMatchObject({
    ...{ databases: ['shop'], finds: false, dumpConcurrency: 1, metricsHost: '127.0.0.1', metricsPort: 3000 },
    ...{ bucket: 'postgres-backups', prefix: 'pgvouch/', notifyArn: undefined },
    ...{ postgres: [{ host: 'db.internal', port: 5432 }], bucketServer: { host: 'minio.internal', port: 9000 } },
  });
});

test.each([
  [{ POSTGRES_HOST: '/run/postgresql' }, { postgres: [{ path: '/run/postgresql/.s.PGSQL.5432' }] }],
  [{ POSTGRES_HOST: '@pg' }, { postgres: [{ path: '\0pg/.s.PGSQL.5432' }] }],
  [{ MINIO_ENDPOINT: 'https://s3.example' }, { bucketServer: { host: 's3.example', port: 443 } }],
  [{ MINIO_ENDPOINT: 'http://[::1]' }, { bucketServer: { host: '::1', port: 80 } }],
  [
    { MINIO_ENDPOINT: '', AWS_REGION: 'eu-central-1', METRICS_TOKEN: 'x' },
    { bucketServer: { host: 's3.eu-central-1.amazonaws.com', port: 443 } },
  ],
])('%o is %o', (changes, expected) => {
  expect(checkServiceConfig({ ...ENV, ...changes })).toMatchObject(expected);
});

test('every problem of the service and of every function is in one message, each once', () => {
  const bad = { POSTGRES_PORT: 'x', METRICS_PORT: '0', KEEP_LAST: 'many', DUMP_SCHEDULE: 'daily', DRILL: 'maybe' };
  const check = () => checkServiceConfig({ ...bad, MINIO_ENDPOINT: 'nowhere' });
  expect(check).toThrow(ConfigError);
  for (const name of [...Object.keys(bad), 'POSTGRES_HOST', 'POSTGRES_USER', 'POSTGRES_DB', 'MINIO_ENDPOINT']) {
    expect(check).toThrow(new RegExp(`\\b${name}\\b`));
  }
});

test('of several servers, what is wrong with one names it, and what is wrong with all is said once', () => {
  const { POSTGRES_USER: _, ...nobody } = { ...ENV, METRICS_PORT: '0' };
  const servers = [
    { name: 'main', env: { ...ENV, METRICS_PORT: '0' } },
    { name: 'old', env: nobody },
  ];
  expect(() => checkServers(servers)).toThrow(
    /: METRICS_PORT must be a whole number from 1 to 65535; server old: POSTGRES_USER is not set\n/,
  );
});

test('dump and verify may run as long as their variables say, the others as on Lambda', () => {
  const config = checkServiceConfig({ ...ENV, DUMP_TIMEOUT: '7200' }) as ServiceConfig;
  expect(limitMsOf('dump', config)).toBe(7_200_000);
  expect(limitMsOf('verify', config)).toBe(21_600_000);
  expect(limitMsOf('notify', config)).toBe(180_000);
});
