import { expect, test } from 'vitest';
import { problemsOf } from '../../../functions/configuration.ts';
import { checkRefreshConfig, readRefreshConfig } from '../../../functions/refresh/config.ts';
import type { Environment } from '../../../layers/settings/environment.ts';
import { readConfigFile } from '../../../layers/settings/file/config-file.ts';
import { environmentOf } from '../../../layers/settings/file/environment-of.ts';
import { locate } from '../../../layers/settings/file/locate.ts';

const VAULT = {
  ...{ MINIO_ENDPOINT: 'http://minio:9000', MINIO_ACCESS_KEY: 'a', MINIO_SECRET_KEY: 'b' },
  BACKUP_BUCKET: 'backups',
};
const TO = { host: 'staging.internal', user: 'refresher', database: 'shop_staging' };
const GOOD = { from: 'shop', to: TO, replaces: 'staging.internal/shop_staging' };

/** A file with one refresh, and what is read of it. */
function read(refresh: object, { databases = ['shop'] as readonly string[] } = {}) {
  const server = { host: 'db.internal', user: 'backup', databases, refresh: { staging: refresh } };
  const file = readConfigFile(JSON.stringify({ server }, null, 1));
  const { env, settings } = environmentOf(file, file.servers[0], VAULT);
  const config = () => readRefreshConfig(env as Environment);
  return {
    fileProblems: file.problems.map(({ problem }) => problem),
    problems: () => problemsOf(config).map((problem) => locate(settings, problem)),
    config,
  };
}

test('a refresh in a file: with its defaults, its own connection, and nothing of the server that is backed up', () => {
  const { fileProblems, config } = read(GOOD);
  expect(fileProblems).toEqual([]);
  const [refresh] = config().refreshes;
  expect(refresh).toMatchObject({
    ...{ name: 'staging', from: 'shop', database: 'shop_staging', timezone: 'UTC', keepPrevious: true, owners: false },
    ...{ jobs: 1, timeoutS: 86_400 },
    postgres: { hosts: [{ host: 'staging.internal', port: 5432 }], user: 'refresher', password: undefined },
  });
  expect(refresh?.schedule).toBeUndefined();
  expect(refresh?.masking).toBeUndefined();
  expect(config().isBackedUp('shop')).toBe(true);
  expect(config().isBackedUp('shop_staging')).toBe(false);
});

test.each([
  [{ ...GOOD, replaces: 'staging.internal/shop' }],
  [{ ...GOOD, replaces: 'db.internal/shop_staging' }],
  [{ ...GOOD, to: { ...TO, port: 5433 } }],
  [{ ...GOOD, to: { ...TO, database: 'shop' } }],
  [{ ...GOOD, to: { ...TO, host: 'db.internal' } }],
])('%#: a server and a database that are not named twice are refused, with the line', (refresh) => {
  const { problems } = read(refresh);
  const [found, ...others] = problems();
  expect(others).toEqual([]);
  expect(found?.problem).toContain(
    'server.refresh.staging.replaces must name the same server and database once more: ',
  );
  expect(found?.at?.line).toBeGreaterThan(1);
});

test('both forms of the second naming are taken', () => {
  expect(read({ ...GOOD, replaces: 'staging.internal:5432/shop_staging' }).problems()).toEqual([]);
  const other = { ...GOOD, to: { ...TO, port: 5433 }, replaces: 'staging.internal:5433/shop_staging' };
  expect(read(other).problems()).toEqual([]);
});

test('a database that is backed up is never replaced, and nothing else than what is backed up is restored', () => {
  const onto = { ...GOOD, to: { ...TO, host: 'DB.internal', database: 'shop' }, replaces: 'DB.internal/shop' };
  expect(read(onto).problems()).toMatchObject([
    {
      problem: expect.stringContaining('is shop, which is backed up from that server: it is never replaced'),
      at: { line: expect.any(Number) },
    },
  ]);
  expect(read({ ...GOOD, from: 'crm' }).problems()).toMatchObject([
    { problem: expect.stringContaining('server.refresh.staging.from is crm, which is not backed up') },
  ]);
});

test('beside a pattern, the target and what is made beside it are to be left out', () => {
  const here = { ...GOOD, to: { ...TO, host: 'db.internal' }, replaces: 'db.internal/shop_staging' };
  const said = (databases: string[]) =>
    read(here, { databases })
      .problems()
      .map(({ problem }) => problem);
  expect(said(['*'])).toEqual([
    expect.stringContaining('is shop_staging, which is backed up'),
    expect.stringContaining('"!shop_staging*"'),
  ]);
  expect(said(['*', '!shop_staging'])).toEqual([expect.stringContaining('"!shop_staging*"')]);
  expect(said(['shop', '*_before_*'])).toEqual([expect.stringContaining('"!shop_staging*"')]);
  expect(said(['*', '!shop_staging*'])).toEqual([]);
  // Elsewhere there is no such pattern.
  expect(read(GOOD, { databases: ['*'] }).problems()).toEqual([]);
});

test.each([
  [{ to: TO, replaces: 'x' }, 'server.refresh.staging lacks from'],
  [{ from: 'shop', replaces: 'x' }, 'server.refresh.staging lacks to.database'],
  [{ ...GOOD, replaces: undefined }, 'server.refresh.staging lacks replaces'],
  [{ ...GOOD, schedule: 'each Monday' }, 'server.refresh.staging.schedule must be cron(…)'],
  [{ ...GOOD, timezone: 'Berlin' }, 'server.refresh.staging.timezone must be a time zone'],
  [{ ...GOOD, masking: 'mask.sql' }, 'server.refresh.staging.masking must be the absolute path of a file'],
  [{ ...GOOD, maskng: '/mask.sql' }, 'server.refresh.staging.maskng is not known: did you mean masking?'],
  [{ ...GOOD, host: 'x' }, 'server.refresh.staging.host is not known: did you mean to.host?'],
  [{ ...GOOD, to: { ...TO, password: 'p4ss' } }, 'server.refresh.staging.to.password is a secret and must not stand'],
  [{ ...GOOD, to: { ...TO, schedule: 'rate(1 day)' } }, 'server.refresh.staging.to.schedule is not known'],
])('%#: the file itself says what is wrong', (refresh, problem) => {
  const { fileProblems } = read(refresh);
  expect(fileProblems).toContainEqual(expect.stringContaining(problem));
  expect(fileProblems.join()).not.toContain('p4ss');
});

test('a schedule that only looks like one is refused, too', () => {
  expect(read({ ...GOOD, schedule: 'cron(0 6 ? * MOON *)' }).problems()).toMatchObject([
    { problem: expect.stringContaining('server.refresh.staging.schedule must be cron(…)') },
  ]);
});

test('its name is a part of a key', () => {
  const server = { refresh: { 'a/b': GOOD } };
  const { problems } = readConfigFile(JSON.stringify({ server }));
  expect(problems).toMatchObject([{ problem: expect.stringContaining('must be named by letters, digits, - and _') }]);
});

test('several hosts are refused: what is replaced is on one server', () => {
  const { problems } = read({ ...GOOD, to: { ...TO, host: 'a,b' }, replaces: 'a,b/shop_staging' });
  expect(problems()).toMatchObject([
    { problem: expect.stringContaining('server.refresh.staging.to.host must be one host') },
  ]);
});

test('without refreshes there is nothing to check, and nothing to run', () => {
  expect(() => checkRefreshConfig({})).not.toThrow();
  const alone = { ...VAULT, POSTGRES_HOST: 'db', POSTGRES_DB: 'shop' };
  expect(problemsOf(() => readRefreshConfig(alone))).toEqual([expect.stringContaining('REFRESHES is not set')]);
});
