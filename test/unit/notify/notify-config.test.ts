import { expect, test } from 'vitest';
import { readDumpConfig } from '../../../functions/dump/config.ts';
import { readNotifyConfig } from '../../../functions/notify/config.ts';
import { readVerifyConfig } from '../../../functions/verify/config.ts';

const minio = { MINIO_ENDPOINT: 'http://minio:9000', MINIO_ACCESS_KEY: 'a', MINIO_SECRET_KEY: 's3cret' };
const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:x';

test('the webhook is optional, given or a secret', () => {
  expect(readNotifyConfig(minio).channels).toEqual([]);
  const webhook = { kind: 'webhook', name: 'webhook', format: 'text' };
  const value = 'https://hooks.example/services/T0/B0/x';
  expect(readNotifyConfig({ BACKUP_WEBHOOK_URL: value }).channels).toEqual([
    { ...webhook, url: { name: 'BACKUP_WEBHOOK_URL', value } },
  ]);
  expect(readNotifyConfig({ BACKUP_WEBHOOK_URL_SECRET: arn }).channels).toEqual([
    { ...webhook, url: { name: 'BACKUP_WEBHOOK_URL', arn } },
  ]);
});

test('a malformed webhook is refused and not repeated', () => {
  const env = { ...minio, BACKUP_WEBHOOK_URL: 'hooks.example/T0k3n' };
  expect(() => readNotifyConfig(env)).toThrow('BACKUP_WEBHOOK_URL must be an http:// or https:// URL');
  expect(() => readNotifyConfig(env)).not.toThrow('T0k3n');
});

test('pings and links are optional', () => {
  expect(readNotifyConfig(minio)).toMatchObject({
    ...{ channels: [], ping: undefined },
    links: { statusUrl: undefined, runbookUrl: undefined },
  });
  const value = 'https://hc-ping.com/T0k3n/{database}?create=1';
  const env = { BACKUP_PING_URL: value, BACKUP_STATUS_URL: 'http://127.0.0.1:3000/' };
  expect(readNotifyConfig(env)).toMatchObject({
    ...{ ping: { name: 'BACKUP_PING_URL', value } },
    links: { statusUrl: 'http://127.0.0.1:3000' },
  });
  expect(readNotifyConfig({ BACKUP_PING_URL_SECRET: arn }).ping).toEqual({ name: 'BACKUP_PING_URL', arn });
});

test('bad ones are refused together, and secrets are not repeated', () => {
  const env = { ...minio, BACKUP_PING_URL: 'T0k3n', BACKUP_WEBHOOK_FORMAT: 'xml', BACKUP_RUNBOOK_URL: 'here' };
  expect(() => readNotifyConfig(env)).toThrow(
    'BACKUP_WEBHOOK_FORMAT must be text or json; BACKUP_PING_URL must be an http:// or https:// URL; BACKUP_RUNBOOK_URL must be',
  );
  expect(() => readNotifyConfig(env)).not.toThrow('T0k3n');
  for (const read of [readDumpConfig, readVerifyConfig]) {
    expect(() => read(env)).toThrow('BACKUP_PING_URL must be an http:// or https:// URL');
  }
});

test('a user or password that is not percent-encoded is refused, and not repeated', () => {
  const env = { ...minio, BACKUP_WEBHOOK_URL: 'https://me:pa%zz@hooks.example/T0k3n' };
  const refusal = 'BACKUP_WEBHOOK_URL must have its user and password percent-encoded (a % is %25)';
  expect(() => readNotifyConfig(env)).toThrow(refusal);
  expect(() => readNotifyConfig(env)).not.toThrow(/T0k3n|pa%zz/);
  const value = 'https://me:pa%25zz@hooks.example/T0k3n';
  expect(readNotifyConfig({ ...minio, BACKUP_WEBHOOK_URL: value }).channels).toMatchObject([{ url: { value } }]);
});

test('one check for several databases is refused by dump, which notify then tells of', () => {
  const env = { ...minio, POSTGRES_HOST: 'db', POSTGRES_USER: 'u', POSTGRES_PASSWORD: 'p' };
  const several = { ...env, POSTGRES_DBS: '["shop", "crm"]', BACKUP_PING_URL: 'https://hc-ping.com/T0k3n' };
  expect(() => readDumpConfig(several)).toThrow('BACKUP_PING_URL must contain {database}');
  expect(() => readDumpConfig(several)).not.toThrow('T0k3n');
  expect(readNotifyConfig(several).ping).toBeDefined();
  expect(readDumpConfig({ ...several, BACKUP_PING_URL: 'https://hc-ping.com/T0k3n/{database}' }).ping).toBeDefined();
  expect(
    readDumpConfig({ ...env, POSTGRES_DB: 'shop', BACKUP_PING_URL: 'https://hc-ping.com/T0k3n' }).ping,
  ).toBeDefined();
  expect(() => readDumpConfig({ ...several, POSTGRES_DBS: '[' })).toThrow('POSTGRES_DBS');
});

test("bad database names are dump's to refuse: notify must be able to tell of it", () => {
  expect(readNotifyConfig({ POSTGRES_DBS: '["shop", "crm"]' }).databases).toEqual(['shop', 'crm']);
  expect(readNotifyConfig({ POSTGRES_DBS: 'shop' }).databases).toEqual([]);
  expect(readNotifyConfig({}).databases).toEqual([]);
});
