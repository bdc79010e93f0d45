import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { environmentOf, secretsOf } from '../../../deploy/aws/functions.ts';
import { parameterProblems } from '../../../deploy/aws/problems.ts';
import { refreshFiles } from '../../../deploy/aws/refreshes.ts';
import { withConfigFile } from '../../../layers/settings/file/load.ts';
import { FUNCTION_NAMES } from '../../../layers/settings/functions.ts';

const settings = createRequire(import.meta.url)('../../../deploy/aws/settings.cjs');
const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const arn = (name: string) => `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}-AbCdEf`;
const TEXT = `
metrics: {token: {secretArn: "${arn('token')}"}}
retention: {days: 14}
server:
  host: db.internal
  user: backup
  password: {secretArn: "${arn('postgres')}"}
  databases:
    shop: {fingerprint: content, retention: {days: 90}}
    crm:
      notifications: {ping: {secretArn: "${arn('ping-of-crm')}"}}
`;

test('a deployment is what the file says, with secrets by their ARNs', () => {
  const file = path.join(folder, 'pgvouch.yaml');
  writeFileSync(file, TEXT);
  const env = withConfigFile({ PGVOUCH_CONFIG: file, RETENTION_DAYS: '7', KEEP_LAST: '3' });

  expect(parameterProblems(env, { stage: 'prod', region: 'eu-central-1' })).toEqual([]);
  expect(environmentOf('dump', env)).toMatchObject({
    ...{ POSTGRES_HOST: 'db.internal', POSTGRES_PASSWORD_SECRET: arn('postgres'), POSTGRES_DBS: '["shop","crm"]' },
    DATABASE_SETTINGS: JSON.stringify({
      shop: { FINGERPRINT: 'content', RETENTION_DAYS: '90' },
      crm: { BACKUP_PING_URL_SECRET: arn('ping-of-crm') },
    }),
  });
  expect(environmentOf('retention', env)).toMatchObject({ RETENTION_DAYS: '14', KEEP_LAST: '3' });
  expect(environmentOf('retention', env).DATABASE_SETTINGS).toBe(environmentOf('dump', env).DATABASE_SETTINGS);
});

test('the secret of one database is read by those functions that use it, and stands nowhere itself', () => {
  const file = path.join(folder, 'pgvouch.yaml');
  writeFileSync(file, TEXT);
  const readers = FUNCTION_NAMES.filter((name) =>
    secretsOf(name, withConfigFile({ PGVOUCH_CONFIG: file })).includes(arn('ping-of-crm')),
  );
  expect(readers).toEqual(['dump', 'verify', 'notify']);
  const problemsWith = (ping: string) => {
    writeFileSync(file, TEXT.replace(/\{secretArn: "[^"]*ping-of-crm[^"]*"\}/, ping));
    const env = withConfigFile({ PGVOUCH_CONFIG: file, PING: 'https://ping.example/T0k3n' });
    return parameterProblems(env, { stage: 'prod', region: 'eu-central-1' });
  };
  for (const ping of ['{variable: PING}', '{file: /run/secrets/ping}']) {
    expect(problemsWith(ping)).toEqual([
      'BACKUP_PING_URL must be in Secrets Manager: give its ARN (secretArn) (database "crm")',
    ]);
  }
  expect(problemsWith(`{secretArn: "${arn('ping').replace('central', 'west')}"}`)).toEqual([
    expect.stringMatching(/^BACKUP_PING_URL_SECRET is a secret in eu-west-1, .* \(database "crm"\)$/),
  ]);
});

test('a bad file is refused by the check, and not where the framework would show a stack', () => {
  const file = path.join(folder, 'bad.yaml');
  writeFileSync(file, 'server: {password: hunter2}');
  vi.stubEnv('PGVOUCH_CONFIG', file);
  expect(() => [settings.parameters, settings.functions, settings.schedules]).not.toThrow();
  expect(() => settings.problems({ stage: 'prod', region: 'eu-central-1' })).toThrow(
    /bad\.yaml:1:20: server\.password is a secret/,
  );
  vi.unstubAllEnvs();
});

test('a refresh: with the files that its zip has, the secret of its target for it alone, and what a function cannot do', () => {
  const file = path.join(folder, 'refresh.yaml');
  const masking = path.join(folder, 'mask.sql');
  writeFileSync(masking, 'SELECT 1');
  const to = (more: string) =>
    `{host: staging.internal, user: refresher, database: shop_staging, password: {secretArn: "${arn('staging')}"}${more}}`;
  const write = (refresh: string, more = '') =>
    writeFileSync(
      file,
      `${TEXT}  refresh:\n    staging: {from: shop, to: ${to(more)}, replaces: staging.internal/shop_staging, ${refresh}}\n`,
    );
  const envOf = () => withConfigFile({ PGVOUCH_CONFIG: file });
  const problems = () => parameterProblems(envOf(), { stage: 'prod', region: 'eu-central-1' });

  write(`masking: ${masking}, schedule: cron(0 6 ? * MON *)`);
  expect(problems()).toEqual([]);
  const { REFRESHES, POSTGRES_HOST, POSTGRES_PASSWORD_SECRET } = environmentOf('refresh', envOf());
  expect(JSON.parse(String(REFRESHES))).toMatchObject({ staging: { REFRESH_MASKING: '/var/task/mask-staging.sql' } });
  expect([POSTGRES_HOST, POSTGRES_PASSWORD_SECRET]).toEqual(['db.internal', undefined]);
  expect(refreshFiles(envOf())).toEqual([{ from: masking, name: 'mask-staging.sql' }]);
  expect(FUNCTION_NAMES.filter((name) => secretsOf(name, envOf()).includes(arn('staging')))).toEqual(['refresh']);
  expect(secretsOf('refresh', envOf())).toEqual([arn('staging')]);

  write('masking: /nonexistent/mask.sql, schedule: rate(7 days), timezone: Europe/Berlin', ', pgPassFile: /pass');
  expect(problems()).toEqual([
    expect.stringMatching(/^REFRESH_TIMEZONE is not supported .*\(refresh "staging"\)$/),
    expect.stringMatching(/^REFRESH_MASKING names a file that is not on this machine/),
    expect.stringMatching(/^PGPASSFILE is a file of a machine/),
  ]);
});
