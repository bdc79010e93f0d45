import { expect, test } from 'vitest';
import { configurationProblems } from '../../../functions/configuration.ts';
import { environmentFor } from '../../../layers/settings/database-settings.ts';
import type { Environment } from '../../../layers/settings/environment.ts';
import { readConfigFile } from '../../../layers/settings/file/config-file.ts';
import { environmentOf } from '../../../layers/settings/file/environment-of.ts';
import { locate } from '../../../layers/settings/file/locate.ts';

const read = (text: string, env: Environment = {}) => {
  const file = readConfigFile(text);
  expect(file.problems).toEqual([]);
  return environmentOf(file, file.servers[0], env);
};

/** Without what is gone. */
const envOf = (text: string, env: Environment = {}) =>
  Object.fromEntries(Object.entries(read(text, env).env).filter(([, value]) => value !== undefined));

test('the server before the top, the file before what is set, which goes on holding', () => {
  const text = 'retention: {days: 30, weekly: 4}\nserver: {retention: {days: 60}}';
  expect(envOf(text, { RETENTION_DAYS: '7', KEEP_LAST: '5' })).toEqual({
    ...{ RETENTION_DAYS: '60', KEEP_WEEKLY: '4', KEEP_LAST: '5' },
  });
});

test('what says the same in another way is gone', () => {
  const set = {
    ...{ POSTGRES_URL: 'postgres://a:b@c/d', PGSERVICE: 'x', POSTGRES_PASSWORD: 'p', POSTGRES_PASSWORD_SECRET: 'arn' },
    ...{ KEEP_WITHIN_DAYS: '3', POSTGRES_DB: 'one' },
  };
  const text =
    'password: {variable: ANY}\nserver: {host: h, password: {file: /pw}, retention: {days: 1}, databases: [a, b]}';
  expect(envOf(text, { ...set, ANY: 'secret' })).toEqual({
    ...{ ANY: 'secret', POSTGRES_HOST: 'h', POSTGRES_PASSWORD_FILE: '/pw', RETENTION_DAYS: '1' },
    POSTGRES_DBS: '["a","b"]',
  });
});

test('secrets come from a variable, a file or an ARN; a variable that is not set is a problem', () => {
  const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:s-AbCdEf';
  const text = `bucket: {accessKey: {variable: A}, secretKey: {secretArn: "${arn}"}}\nmetrics: {token: {variable: B}}`;
  const { env, problems } = read(text, { A: 'a' });
  expect(env).toMatchObject({ MINIO_ACCESS_KEY: 'a', MINIO_SECRET_KEY_SECRET: arn });
  expect(problems).toEqual([{ line: 2, column: 11, problem: 'metrics.token is in the variable B, which is not set' }]);
});

test('a server with a name has a folder of its own in the bucket; the one without has all of it', () => {
  expect(envOf('servers: {main: {host: h}}').BACKUP_PREFIX).toBe('pgvouch/main/');
  expect(envOf('bucket: {prefix: a/b}\nservers: {main: {host: h}}').BACKUP_PREFIX).toBe('a/b/main/');
  expect(envOf('server: {host: h}').BACKUP_PREFIX).toBeUndefined();
});

test('a database has its own: patterns first, in the order of the file, then its name', () => {
  const text = `
fingerprint: counts
checkIndexes: off
server:
  databases:
    "*": {fingerprint: content, dump: {lockTimeout: 7}}
    "a_*": {dump: {lockTimeout: 8}}
    a_1: {fingerprint: counts, exclude: {tables: [x, "y z"]}}
    b:
    "!c":
`;
  const env = envOf(text);
  const of = (database: string) => {
    const { FINGERPRINT, CHECK_INDEXES, DUMP_LOCK_TIMEOUT, DUMP_EXCLUDE_TABLE } = environmentFor(env, database);
    return [FINGERPRINT, CHECK_INDEXES, DUMP_LOCK_TIMEOUT, DUMP_EXCLUDE_TABLE];
  };
  expect(env.POSTGRES_DBS).toBe('["*","a_*","a_1","b","!c"]');
  expect(of('a_1')).toEqual(['counts', 'off', '8', '["x","y z"]']);
  expect(of('a_2')).toEqual(['content', 'off', '8', undefined]);
  expect(of('b')).toEqual(['content', 'off', '7', undefined]);
  expect(of('toString')).toEqual(['content', 'off', '7', undefined]);
});

test('what readers find wrong is located: in the database, and in the words of the file', () => {
  const text = `
bucket: {endpoint: "http://b", accessKey: {variable: A}, secretKey: {variable: A}}
server:
  host: h
  databases:
    shop:
      include: {tables: [a]}
      exclude: {schemas: [b]}
`;
  const { env, settings } = read(text, { A: 'a' });
  const found = configurationProblems(() => env).map((problem) => locate(settings, problem));
  expect(found).toContainEqual({ problem: 'POSTGRES_USER (in the file: user) is not set', at: undefined });
  expect(found).toContainEqual({
    problem:
      'server.databases.shop.include.tables cannot be combined with server.databases.shop.exclude.schemas: use DUMP_EXCLUDE_TABLE (in the file: exclude.tables) (database "shop")',
    at: { line: 7, column: 17 },
  });
});
