import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { runFolder } from '../../support/run/run-folder.ts';
import { pgvouch, pgvouchProcess, variablesOf } from '../../support/servers/command-line.ts';
import { type World, world } from '../../support/world/world.ts';

let here: World;
/** What may stand in no file, and what a person may have set before. */
let env: Record<string, string>;
let document: Record<string, unknown>;

beforeAll(async () => {
  here = await world();
  await here.sql(`CREATE TABLE orders AS SELECT 1 AS id; CREATE TABLE audit_1 AS SELECT 2 AS id`);
  const { MINIO_ENDPOINT, BACKUP_BUCKET, BACKUP_PREFIX, AWS_REGION, ...all } = variablesOf(
    here.vault,
    here.postgres.target,
  );
  const { MINIO_ACCESS_KEY = '', POSTGRES_HOST = '', POSTGRES_PORT, POSTGRES_USER = '' } = all;
  env = { KEY: MINIO_ACCESS_KEY, MINIO_SECRET_KEY: all.MINIO_SECRET_KEY ?? '', PG_CLIENT_DIR: all.PG_CLIENT_DIR ?? '' };
  env = { ...env, POSTGRES_PASSWORD: all.POSTGRES_PASSWORD ?? '', POSTGRES_DB: 'of-the-environment' };
  document = {
    bucket: {
      ...{ endpoint: MINIO_ENDPOINT, name: BACKUP_BUCKET, prefix: BACKUP_PREFIX, region: AWS_REGION },
      accessKey: { variable: 'KEY' },
    },
    server: {
      timezone: 'Europe/Berlin',
      ...{ host: POSTGRES_HOST, port: Number(POSTGRES_PORT), user: POSTGRES_USER },
      databases: {
        [here.database]: { fingerprint: 'content', exclude: { tables: ['audit_*'] } },
        postgres: { verify: { drill: 'off' } },
      },
    },
  };
});

async function fileOf(name: string, text: string): Promise<string> {
  const file = path.join(runFolder('configuration'), `${here.database}-${name}.yaml`);
  await writeFile(file, text);
  return file;
}

test('a file is what commands go by, and each database has its own settings', async () => {
  const file = await fileOf('whole', stringify(document));

  const { exitCode, stdout, stderr } = await pgvouch(env, 'dump', '--json', '--config', file);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  const [own, other] = JSON.parse(stdout);
  expect(own).toMatchObject({ database: here.database, tables: [{ name: 'orders', fingerprint: expect.anything() }] });
  expect(other).toMatchObject({ database: 'postgres' });
  expect(JSON.stringify(other)).not.toContain('"fingerprint"');

  const verified = JSON.parse((await pgvouch(env, 'verify', '--all-unverified', '--json', '--config', file)).stdout);
  expect(verified.map(({ verdict }: { verdict: { verdict: string } }) => verdict.verdict).sort()).toEqual([
    'readable',
    'restorable',
  ]);
  expect((await pgvouch({ ...env, PGVOUCH_CONFIG: file }, 'list')).stdout).toContain(`${here.database}/`);
});

test('config check: what is in effect, and exit code 0', async () => {
  const file = await fileOf('right', stringify(document));
  const { exitCode, stdout } = await pgvouchProcess(env, 'config', 'check', file);
  expect(stdout.split('\n')).toEqual([
    `${file} is right`,
    '',
    expect.stringMatching(/^ {2}server {5}.+:\d+ as .+$/),
    expect.stringMatching(/^ {2}bucket {5}.+\/.+\/$/),
    expect.stringMatching(
      `^  databases  ${here.database}: by cron\\(0 2 \\* \\* \\? \\*\\) Europe/Berlin, next .* 0[01]:00 UTC$`,
    ),
    '               fingerprint: content',
    '               exclude.tables: ["audit_*"]',
    expect.stringMatching(/^ {13}postgres: by cron/),
    '               verify.drill: off',
    '',
  ]);
  expect(exitCode).toBe(0);
  const json = JSON.parse((await pgvouch(env, 'config', 'check', '--json', file)).stdout);
  expect(json).toMatchObject({
    ...{ file, problems: [] },
    inEffect: {
      databases: [
        { name: here.database, settings: { fingerprint: 'content' } },
        { name: 'postgres', settings: { 'verify.drill': 'off' } },
      ],
    },
  });
});

test('config check: what a pattern says of a database is in effect, too', async () => {
  const databases = {
    '*': null,
    's*': { fingerprint: 'content', notifications: { ping: { file: '/run/ping' } } },
    shop: { checkIndexes: 'amcheck', notifications: { ping: { secretArn: 'arn:aws:secretsmanager:x' } } },
    '!scratch': null,
  };
  const file = await fileOf(
    'patterns',
    stringify({ ...document, server: { ...(document.server as object), databases } }),
  );
  const { stdout } = await pgvouch(env, 'config', 'check', '--json', file);
  const all: { name: string; settings: object }[] = JSON.parse(stdout).inEffect.databases;
  expect(Object.fromEntries(all.map(({ name, settings }) => [name, settings]))).toEqual({
    shop: { fingerprint: 'content', checkIndexes: 'amcheck', 'notifications.ping': '(a secret)' },
    '*': {},
    's*': { fingerprint: 'content', 'notifications.ping': '(a secret)' },
    '!scratch': {},
  });
});

test('config check: every problem with its line, and exit code 2', async () => {
  const file = await fileOf(
    'wrong',
    `${stringify({ ...document, retention: { dialy: 7 } })}schedule: cron(0 25 * * ? *)\nserver2: {}\n`,
  );
  const { exitCode, stdout } = await pgvouch(env, 'config', 'check', file);
  const text = (line: string) => stdout.split('\n').find((one) => one.includes(line));
  expect(text('retention.dialy')).toMatch(/^.+\.yaml:\d+:3: retention\.dialy is not known: did you mean daily\?$/);
  expect(text('schedule')).toMatch(/^.+\.yaml:\d+:1: schedule must be cron\(…\) with six fields/);
  expect(text('server2')).toMatch(/^.+\.yaml:\d+:1: server2 is not known: did you mean server\?$/);
  expect(exitCode).toBe(2);
});

test('other commands refuse such a file, as the service does', async () => {
  const file = await fileOf('refused', 'server: {password: hunter2}\n');
  for (const args of [['list'], ['serve']]) {
    const { exitCode, stderr } = await pgvouchProcess(env, ...args, '--config', file);
    expect(stderr).toMatch(/^pgvouch: read configuration: .+\.yaml:1:20: server\.password is a secret and must not/);
    expect(stderr).not.toContain('hunter2');
    expect(exitCode).toBe(2);
  }
});

test('without a file the variables are checked', async () => {
  const { exitCode, stdout } = await pgvouch({ ...env, RETENTION_DAYS: 'many' }, 'config', 'check');
  expect(stdout).toContain('RETENTION_DAYS must be a whole number from 0 to 36500');
  expect(stdout).toContain('POSTGRES_HOST is not set');
  expect(exitCode).toBe(2);
});

test('a file that is not there', async () => {
  const { exitCode, stderr } = await pgvouch(env, 'config', 'check', '/nowhere/pgvouch.yaml');
  expect(stderr).toContain('read configuration file /nowhere/pgvouch.yaml: ENOENT');
  expect(exitCode).toBe(2);
});
