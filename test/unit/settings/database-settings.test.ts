import { expect, test } from 'vitest';
import { environmentFor, perDatabase, readDatabaseSettings } from '../../../layers/settings/database-settings.ts';
import { readEnvironment } from '../../../layers/settings/environment.ts';

const problemsOf = (settings: unknown) => {
  const read = readEnvironment({ DATABASE_SETTINGS: JSON.stringify(settings) }, 'the test');
  readDatabaseSettings(read);
  return read.problems;
};

test.each<[unknown, readonly string[]]>([
  [{ shop: { FINGERPRINT: 'content' }, '*': { CHECK_INDEXES: 'off' } }, []],
  [
    { shop: { FINGERPRINT: 'contents', POSTGRES_HOST: 'x', EDITOR: 'vi' } },
    [
      'FINGERPRINT must be counts or content (database "shop")',
      'DATABASE_SETTINGS has POSTGRES_HOST, which is the same for all databases (database "shop")',
      'DATABASE_SETTINGS has EDITOR, which is the same for all databases (database "shop")',
    ],
  ],
  [{ shop: { BACKUP_PING_URL_FILE: '/run/secrets/ping' } }, []],
  [{ '!shop': {} }, ['DATABASE_SETTINGS has settings of what is left out (database "!shop")']],
  [
    { shop: { FINGERPRINT: 1 } },
    [
      'DATABASE_SETTINGS must be a JSON object of databases and their variables, like {"shop": {"FINGERPRINT": "content"}}',
    ],
  ],
])('%j', (settings, problems) => {
  expect(problemsOf(settings)).toEqual(problems);
});

test('a configuration is read once for each database', () => {
  const asked: (string | undefined)[] = [];
  const env = { FINGERPRINT: 'counts', DATABASE_SETTINGS: '{"shop": {"FINGERPRINT": "content"}}' };
  const of = perDatabase(env, ({ FINGERPRINT }) => {
    asked.push(FINGERPRINT);
    return FINGERPRINT;
  });
  expect([of('shop'), of('crm'), of('shop'), of('constructor')]).toEqual(['content', 'counts', 'content', 'counts']);
  expect(asked).toEqual(['content', 'counts', 'counts']);
  expect(environmentFor({}, 'shop')).toEqual({});
});

test('a database that is not backed up has no settings', () => {
  const read = readEnvironment({ DATABASE_SETTINGS: '{"shop": {}, "crm": {}, "s*": {}}' }, 'the test');
  readDatabaseSettings(read, { names: ['shop'], patterns: undefined });
  expect(read.problems).toEqual(['DATABASE_SETTINGS names a database that is not to be backed up (database "crm")']);
});
