import { expect, test } from 'vitest';
import { readDumpConfig } from '../../../functions/dump/config.ts';
import { readDatabases } from '../../../layers/settings/databases.ts';
import { readEnvironment } from '../../../layers/settings/environment.ts';
import { readPingSourceFor, readPings } from '../../../layers/webhook/config.ts';
import { MINIO } from '../../support/world/configuration.ts';

const [ALL, OWN] = ['https://hc-ping.com/all', 'https://hc-ping.com/own'];
const EACH = 'https://hc-ping.com/key/{database}';

function problemsOf(POSTGRES_DBS: string, settings: Record<string, object>, BACKUP_PING_URL = ALL) {
  const env = { POSTGRES_DBS, BACKUP_PING_URL, DATABASE_SETTINGS: JSON.stringify(settings) };
  const read = readEnvironment(env, 'the test');
  readPingSourceFor(read, readDatabases(read));
  return read.problems;
}

const ONE_CHECK = expect.stringMatching(/^BACKUP_PING_URL must contain \{database\}/);

test.each<[string, Record<string, object>, unknown[]]>([
  ['["shop","crm"]', { shop: { BACKUP_PING_URL: OWN } }, []],
  ['["shop","crm","logs"]', { shop: { BACKUP_PING_URL: OWN } }, [ONE_CHECK]],
  ['["shop","crm"]', { '*': { BACKUP_PING_URL: EACH } }, []],
  ['["shop","*"]', { shop: { BACKUP_PING_URL: OWN } }, [ONE_CHECK]],
  ['["shop","*"]', { '*': { BACKUP_PING_URL_SECRET: 'arn:aws:secretsmanager:x' } }, []],
  [
    '*',
    { 'crm_*': { BACKUP_PING_URL: OWN }, '*': { BACKUP_PING_URL: EACH } },
    [expect.stringMatching(/^BACKUP_PING_URL must contain .* \(database "crm_\*"\)$/)],
  ],
])('of %s with %j: %j', (databases, settings, problems) => {
  expect(problemsOf(databases, settings)).toEqual(problems);
});

test('a database has the switch that is its own, or that of all, and its own is no problem for the others', () => {
  const env = {
    ...{ ...MINIO, POSTGRES_HOST: 'db', POSTGRES_USER: 'backup', POSTGRES_DBS: '["shop","crm"]' },
    ...{ BACKUP_PING_URL: EACH, DATABASE_SETTINGS: JSON.stringify({ shop: { BACKUP_PING_URL_FILE: '/run/ping' } }) },
  };
  const { source, sourceOf } = readPings(env);
  expect(source).toMatchObject({ value: EACH });
  expect(sourceOf?.('shop')).toMatchObject({ file: '/run/ping' });
  expect(sourceOf?.('crm')).toEqual(source);
  expect(readPings({ BACKUP_PING_URL: EACH })).toEqual({ source });
  const own = { ...env, BACKUP_PING_URL: OWN };
  expect(readDumpConfig(own, { database: 'shop' }).ping).toMatchObject({ value: OWN });
});
