import { expect, test } from 'vitest';
import { readDatabases } from '../../../layers/settings/databases.ts';
import { readEnvironment } from '../../../layers/settings/environment.ts';

function databasesOf(env: Record<string, string>): readonly string[] {
  const read = readEnvironment(env, 'test');
  const databases = readDatabases(read);
  read.done();
  return databases;
}

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
