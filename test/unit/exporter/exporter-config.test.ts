import { expect, test } from 'vitest';
import { readExporterConfig } from '../../../functions/exporter/config.ts';

const minio = { MINIO_ENDPOINT: 'http://minio:9000', MINIO_ACCESS_KEY: 'a', MINIO_SECRET_KEY: 's3cret' };
const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:x';

test.each([
  ['beside a MinIO', { ...minio }],
  ['under serverless-offline', { IS_OFFLINE: 'true', AWS_LAMBDA_FUNCTION_NAME: 'pgvouch-prod-exporter' }],
])('no token is needed %s', (_, env) => {
  expect(readExporterConfig({ POSTGRES_DB: 'shop', ...env })).toMatchObject({
    servers: [{ server: undefined, databases: ['shop'] }],
    token: undefined,
  });
});

test.each([
  ['on AWS', { AWS_LAMBDA_FUNCTION_NAME: 'pgvouch-prod-exporter' }],
  ['on AWS with a MinIO elsewhere', { ...minio, AWS_LAMBDA_FUNCTION_NAME: 'pgvouch-prod-exporter' }],
  ['where nobody says where it is', {}],
])('a token is needed %s', (_, env) => {
  const needed = { POSTGRES_DB: 'shop', ...env };
  expect(() => readExporterConfig(needed)).toThrow('METRICS_TOKEN or METRICS_TOKEN_SECRET must be set');
  expect(readExporterConfig({ ...needed, METRICS_TOKEN_SECRET: arn }).token).toEqual({ name: 'METRICS_TOKEN', arn });
});

test.each(['my token', 'schlüssel', 't\u0000', 'a\nb', ' '])(
  'a token that no bearer can bring is refused: %j',
  (token) => {
    const env = { ...minio, POSTGRES_DB: 'shop', METRICS_TOKEN: token };
    expect(() => readExporterConfig(env)).toThrow('METRICS_TOKEN must be visible ASCII characters, without spaces');
    if (token.trim() !== '') expect(() => readExporterConfig(env)).not.toThrow(token);
  },
);

test('a token may end in a line break, as files do', () => {
  expect(readExporterConfig({ POSTGRES_DB: 'shop', METRICS_TOKEN: 't0ken/+=.~\n' }).token).toBeDefined();
});

test('every problem at once, frozen when there is none', () => {
  const env = { BACKUP_BUCKET: 'No', POSTGRES_DBS: '[', METRICS_TOKEN: 't', METRICS_TOKEN_SECRET: arn };
  expect(() => readExporterConfig(env)).toThrow(/BACKUP_BUCKET.*POSTGRES_DBS.*METRICS_TOKEN and METRICS_TOKEN_SECRET/s);
  expect(Object.isFrozen(readExporterConfig({ POSTGRES_DB: 'shop', METRICS_TOKEN: 't' }))).toBe(true);
});

test('each of several servers has its own; what is wrong with one names it', () => {
  const settings = {
    main: { POSTGRES_DB: 'shop', BACKUP_PREFIX: 'pgvouch/main/', DUMP_SCHEDULE: 'rate(1 day)' },
    old: { POSTGRES_DBS: '*', BACKUP_PREFIX: 'before/', PITR: 'on' },
  };
  const env = { ...minio, METRICS_TOKEN: 't', SERVER_SETTINGS: JSON.stringify(settings) };
  expect(readExporterConfig(env)).toMatchObject({
    token: { value: 't' },
    servers: [
      { server: 'main', vault: { prefix: 'pgvouch/main/' }, databases: ['shop'], finds: false, pitr: undefined },
      { server: 'old', vault: { prefix: 'before/' }, databases: [], finds: true },
    ],
  });
  const wrong = JSON.stringify({ ...settings, old: { PITR: 'maybe' } });
  expect(() => readExporterConfig({ ...env, SERVER_SETTINGS: wrong })).toThrow(
    /: server old: POSTGRES_DB or POSTGRES_DBS must be set.*; server old: PITR must be on or off/,
  );
  expect(() => readExporterConfig({ ...env, SERVER_SETTINGS: '[]' })).toThrow('SERVER_SETTINGS must be a JSON object');
});

test('where WAL is archived, the schedules of base backups and drills are known: their own, or by default', () => {
  const env = { ...minio, POSTGRES_DB: 'shop' };
  const pitrOf = (changed: Record<string, string>) => readExporterConfig(changed).servers[0]?.pitr;
  expect(pitrOf(env)).toBeUndefined();
  expect(pitrOf({ ...env, PITR: 'on', BASE_SCHEDULE: 'rate(1 hour)' })).toMatchObject({
    base: { kind: 'rate', seconds: 3_600 },
    baseIncrement: { kind: 'cron' },
    recovery: { kind: 'cron', pattern: '0 0 5 * * * *' },
  });
  expect(() => readExporterConfig({ ...env, PITR: 'on', RECOVERY_SCHEDULE: 'cron(0 5 * *)' })).toThrow(
    'RECOVERY_SCHEDULE must be',
  );
});
