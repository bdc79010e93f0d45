import { expect, test } from 'vitest';
import { hasPatterns } from '../../../layers/settings/database-list.ts';
import { isToBackUp, readDatabases } from '../../../layers/settings/databases.ts';
import { readEnvironment } from '../../../layers/settings/environment.ts';

function chosenBy(env: Record<string, string>): ReturnType<typeof readDatabases> {
  const read = readEnvironment(env, 'test');
  const databases = readDatabases(read);
  read.done();
  return databases;
}

function databasesOf(env: Record<string, string>): readonly string[] {
  const { names, patterns } = chosenBy(env);
  expect(patterns).toBeUndefined();
  return names;
}

test.each([
  ['*', { names: [], include: ['*'], exclude: [] }],
  ['*, !scratch_*', { names: [], include: ['*'], exclude: ['scratch_*'] }],
  ['shop,crm_?', { names: ['shop'], include: ['crm_?'], exclude: [] }],
  ['["Shop (old)", "crm *", "!crm a"]', { names: ['Shop (old)'], include: ['crm *'], exclude: ['crm a'] }],
])('%s is found on the server', (text, patterns) => {
  expect(chosenBy({ POSTGRES_DBS: text })).toEqual({ names: patterns.names, patterns });
  expect(hasPatterns(text)).toBe(true);
});

test('what is to be backed up is named, or found', () => {
  const chosen = chosenBy({ POSTGRES_DBS: 'shop,crm_*,!crm_test' });
  expect(['shop', 'crm_eu', 'crm_test', 'other'].map((name) => isToBackUp(chosen, name))).toEqual([
    ...[true, true, false, false],
  ]);
  expect(isToBackUp(chosenBy({ POSTGRES_DB: 'shop' }), 'shop')).toBe(true);
  expect(isToBackUp(chosenBy({ POSTGRES_DB: '*' }), 'shop')).toBe(false);
  for (const text of ['["shop"]', 'shop', '', undefined]) expect(hasPatterns(text)).toBe(false);
});

test('one name, or a JSON array of names in their order', () => {
  expect(databasesOf({ POSTGRES_DB: 'shop' })).toEqual(['shop']);
  expect(databasesOf({ POSTGRES_DBS: '["shop", "a \\"b\\"/ü"]', POSTGRES_DB: '' })).toEqual(['shop', 'a "b"/ü']);
  expect(databasesOf({ POSTGRES_DB: 'ü'.repeat(31) })).toEqual(['ü'.repeat(31)]);
  expect(Object.isFrozen(databasesOf({ POSTGRES_DBS: '["shop"]' }))).toBe(true);
});

test.each([
  [{}, 'POSTGRES_DB or POSTGRES_DBS must be set'],
  [{ POSTGRES_DB: 'a', POSTGRES_DBS: '["b"]' }, 'POSTGRES_DB and POSTGRES_DBS are both set: keep one'],
  [{ POSTGRES_DBS: 'shop' }, 'POSTGRES_DBS must be a JSON array of database names'],
  [{ POSTGRES_DBS: '!scratch_*' }, 'POSTGRES_DBS leaves databases out, but has no pattern of those that it takes'],
  [{ POSTGRES_DBS: '*,shop,!shop' }, 'POSTGRES_DBS names "shop", and leaves it out'],
  [{ POSTGRES_DBS: '{"shop": 1}' }, 'POSTGRES_DBS must be a JSON array of database names'],
  [{ POSTGRES_DBS: '[]' }, 'POSTGRES_DBS must name at least one database'],
  [{ POSTGRES_DBS: '["a","a"]' }, 'POSTGRES_DBS names a database twice'],
  [{ POSTGRES_DBS: '["a",""]' }, 'POSTGRES_DBS has an empty name'],
  [{ POSTGRES_DBS: '["a\\u0000"]' }, 'POSTGRES_DBS has a name with a NUL character'],
  [{ POSTGRES_DBS: '["a\\ud800"]' }, 'POSTGRES_DBS has a name that is not Unicode'],
  [{ POSTGRES_DB: 'ü'.repeat(32) }, 'POSTGRES_DB has a name of more than 63 bytes'],
])('%j is refused: %s', (env, problem) => {
  expect(() => databasesOf(env)).toThrow(problem);
});

test('a malformed variable is one problem, not two', () => {
  expect(() => databasesOf({ POSTGRES_DBS: 'shop' })).not.toThrow('must be set');
});
