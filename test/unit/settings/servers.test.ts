import { expect, test } from 'vitest';
import { configurationProblems } from '../../../functions/configuration.ts';
import type { Environment } from '../../../layers/settings/environment.ts';
import { readConfigFile } from '../../../layers/settings/file/config-file.ts';
import { serversOf } from '../../../layers/settings/file/servers-of.ts';
import { problemsByServer, serversIn, sharedEnvironment } from '../../../layers/settings/servers.ts';

const read = (text: string, env: Environment = {}) => {
  const file = readConfigFile(text);
  expect(file.problems).toEqual([]);
  return serversOf(file, env);
};

const TWO = `
schedule: cron(0 2 * * ? *)
bucket: {endpoint: "http://s3", accessKey: {variable: KEY}, secretKey: {file: /run/secrets/s3}}
metrics: {token: {file: /run/secrets/token}}
user: backup
servers:
  main:
    host: db1
    password: {variable: MAIN_PASSWORD}
    databases: [shop]
    timezone: Europe/Berlin
  old:
    host: db2
    user: elder
    password: {variable: OLD_PASSWORD}
    bucket: {prefix: before/}
    databases: {"*": {retention: {days: 3}}}
`;
const SET = { KEY: 'key', MAIN_PASSWORD: 'hunter2', OLD_PASSWORD: 'hunter3' };

test('each server has an environment of its own, a name, and a folder of its own in the bucket', () => {
  const { servers, problems } = read(TWO, SET);
  expect(problems).toEqual([]);
  expect(servers.map(({ name, env }) => [name, env])).toMatchObject([
    [
      'main',
      {
        ...{ POSTGRES_HOST: 'db1', POSTGRES_USER: 'backup', POSTGRES_PASSWORD: 'hunter2', POSTGRES_DBS: '["shop"]' },
        ...{ BACKUP_PREFIX: 'pgvouch/main/', PGVOUCH_SERVER: 'main', DUMP_TIMEZONE: 'Europe/Berlin' },
      },
    ],
    [
      'old',
      {
        ...{ POSTGRES_HOST: 'db2', POSTGRES_USER: 'elder', POSTGRES_PASSWORD: 'hunter3', POSTGRES_DBS: '["*"]' },
        ...{ BACKUP_PREFIX: 'before/', PGVOUCH_SERVER: 'old', DATABASE_SETTINGS: '{"*":{"RETENTION_DAYS":"3"}}' },
      },
    ],
  ]);
  expect(servers.flatMap(({ env }) => configurationProblems(() => env))).toEqual([]);
});

test('a server without a name has no folder, and no name', () => {
  const { servers } = read('server: {host: db}');
  expect(servers).toMatchObject([{ name: undefined, env: { POSTGRES_HOST: 'db' } }]);
  expect(servers[0]?.env).not.toHaveProperty('PGVOUCH_SERVER');
  expect(read('logLevel: warn').servers).toMatchObject([{ name: undefined, env: { LOG_LEVEL: 'warn' } }]);
});

test.each([
  ['a folder in the folder of another', 'a: {bucket: {prefix: pgvouch}}\n  b: {}', '3:3', 'pgvouch/b/', 'pgvouch/'],
  ['the same folder', 'a: {}\n  b: {bucket: {prefix: pgvouch/a/}}', '3:16', 'pgvouch/a/', 'pgvouch/a/'],
])('%s is refused: each takes all that is there for its own', (_, servers, place, own, other) => {
  const { problems } = read(`servers:\n  ${servers}`);
  expect(problems.map(({ line, column, problem }) => `${line}:${column} ${problem}`)).toEqual([
    `${place} servers.b has its backups in ${own}, and servers.a in ${other}: set bucket.prefix of one of them, so that neither is in the other`,
  ]);
  expect(read('servers:\n  a: {}\n  ab: {}').problems).toEqual([]);
});

test('a refresh never replaces what another server of the file has backed up', () => {
  const refreshing = (host: string, database: string, databases = '["*", "!scratch*"]') => `
servers:
  main:
    host: db1
    databases: [shop]
    refresh:
      staging:
        from: shop
        to: {host: ${host}, user: u, database: ${database}}
        replaces: ${host}/${database}
  old: {host: "db0,DB2", port: 5432, databases: ${databases}}
`;
  const problemsOf = (text: string) => read(text).problems.map(({ line, problem }) => `${line} ${problem}`);
  const beside = (database: string) =>
    `9 the refresh staging is of ${database}, and servers.old would back up ${database}_…, which it makes beside it. Leave it out there: "!${database}*"`;
  expect(problemsOf(refreshing('db2', 'crm'))).toEqual([
    '9 the refresh staging is of crm, which servers.old has backed up: it is never replaced',
    beside('crm'),
  ]);
  // Its target is left out, but not what is made beside it, or what is kept of it.
  for (const databases of ['["*", "!crm"]', '["crm_pgvouch_*"]', '["*_before_*"]']) {
    expect(problemsOf(refreshing('db2', 'crm', databases))).toEqual([beside('crm')]);
  }
  expect(problemsOf(refreshing('db2', 'scratch'))).toEqual([]);
  expect(problemsOf(refreshing('db3', 'crm'))).toEqual([]);
});

test('a variable that is not set is a problem once, though every server needs it', () => {
  const { problems } = read(TWO, { MAIN_PASSWORD: 'a' });
  expect(problems.map(({ problem }) => problem)).toEqual([
    'bucket.accessKey is in the variable KEY, which is not set',
    'servers.old.password is in the variable OLD_PASSWORD, which is not set',
  ]);
});

test('what the exporter gets of all of them: no password, and each server as it would get it alone', () => {
  const { servers } = read(TWO, SET);
  const { KEY: _, ...shared } = sharedEnvironment(servers);
  expect(JSON.stringify(shared.SERVER_SETTINGS)).not.toContain('hunter');
  expect(shared).not.toHaveProperty('POSTGRES_PASSWORD');
  expect(shared).toMatchObject({ MINIO_ENDPOINT: 'http://s3', METRICS_TOKEN_FILE: '/run/secrets/token' });
  const [main, old, ...others] = serversIn(shared);
  expect(others).toEqual([]);
  expect(main).toMatchObject({
    name: 'main',
    env: { BACKUP_PREFIX: 'pgvouch/main/', POSTGRES_DBS: '["shop"]', DUMP_TIMEZONE: 'Europe/Berlin' },
  });
  expect(old).toMatchObject({ name: 'old', env: { BACKUP_PREFIX: 'before/', POSTGRES_DBS: '["*"]' } });
  expect(old?.env.DUMP_TIMEZONE).toBeUndefined();
});

test('one server with a name is named to the exporter, too; one without is as it is', () => {
  const [named] = serversIn(sharedEnvironment(read('servers: {main: {host: db, databases: [a]}}').servers));
  expect(named).toMatchObject({ name: 'main', env: { BACKUP_PREFIX: 'pgvouch/main/', POSTGRES_DBS: '["a"]' } });
  const env = { POSTGRES_DB: 'a' };
  expect(serversIn(sharedEnvironment([{ name: undefined, env }]))).toEqual([{ name: undefined, env }]);
});

test('what is wrong with all servers is said once, the rest of its server', () => {
  const { servers } = read('servers:\n  a: {host: x, user: u}\n  b: {user: u}');
  const found = problemsByServer(servers, (env) => [
    ...(env.POSTGRES_DB ? [] : ['no database']),
    ...(env.POSTGRES_HOST ? [] : ['no host']),
  ]);
  expect(found.map(({ problem, server }) => [problem, server?.name])).toEqual([
    ['no database', undefined],
    ['no host', 'b'],
  ]);
});
