import { describe, expect, test } from 'vitest';
import { readDumpConfig } from '../../../functions/dump/config.ts';
import { readVerifyConfig } from '../../../functions/verify/config.ts';
import { ARN, MINIO, refusal } from '../../support/world/configuration.ts';

test('it has the vault and the client programs that dump has', () => {
  const { vault, clientFolders } = readDumpConfig({
    ...{ POSTGRES_HOST: 'db', POSTGRES_USER: 'app', POSTGRES_PASSWORD: 'pa55', POSTGRES_DB: 'shop', ...MINIO },
  });
  expect(readVerifyConfig(MINIO)).toMatchObject({ vault, clientFolders });
});

test('where drills are held', () => {
  const place = (env: Record<string, string>) => readVerifyConfig(env).drillPlace;
  expect(place({ DRILL: 'off' })).toBeUndefined();
  expect(place({})).toMatchObject({ installations: ['/opt/scratch-postgres'], server: undefined });
  expect(place({ DRILL_FOLDER: '/drills', DRILL_DISK_MB: '2000' })).toMatchObject({
    ...{ folder: '/drills', maxBytes: 2_000_000_000 },
  });
  expect(place({ DRILL_DATABASE_URL: 'postgres://drill:pw@db:6432?sslmode=require' })?.server).toMatchObject({
    ...{ hosts: [{ host: 'db', port: 6432 }], user: 'drill', sslMode: 'require', password: { value: 'pw' } },
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
    [{ DRILL: 'maybe' }, 'DRILL must be on or off'],
    [{ DRILL_DATABASE_URL: 'mysql://root@db' }, 'it does not begin with postgres://'],
    [
      { DRILL_DATABASE_URL: 'postgres://u:hunter2@db', DRILL_DATABASE_PASSWORD_SECRET: ARN },
      'DRILL_DATABASE_URL contains a password and another one is set: keep one',
    ],
    [{ DRILL_DATABASE_PASSWORD: 'hunter2' }, 'DRILL_DATABASE_PASSWORD is set without DRILL_DATABASE_URL'],
    [{ DRILL_DATABASE_PASSWORD_SECRET: 'hunter2' }, 'DRILL_DATABASE_PASSWORD_SECRET must be the ARN'],
    [{ DRILL_DISK_MB: '0' }, 'DRILL_DISK_MB must be a whole number'],
    [{ DRILL_FOLDER: 'drills' }, 'DRILL_FOLDER (or TMPDIR) must be an absolute path'],
    [{ DRILL_FOLDER: `/${'é'.repeat(33)}` }, 'DRILL_FOLDER (or TMPDIR) must have at most 66 bytes'],
  ])('%j: %s', (change, problem) => {
    const { message } = refusal(() => readVerifyConfig(change));
    expect(message).toContain(problem);
    expect(message).not.toContain('hunter2');
  });

  test('it wants no database, but says what it wants', () => {
    const error = refusal(() => readVerifyConfig({ MINIO_ENDPOINT: 'http://minio:9000' }));
    expect(error.message).toContain('MINIO_ACCESS_KEY is not set; MINIO_SECRET_KEY is not set');
  });
});
