import { expect, test } from 'vitest';
import { passwordIn } from '../../../layers/postgres/connect/passfile.ts';

const LOGIN = { host: 'db.example', port: 5432, database: 'shop', user: 'backup' };

test.each([
  ['db.example:5432:shop:backup:pw', 'pw'],
  ['*:*:*:*:pw', 'pw'],
  ['other:*:*:*:no\n*:*:*:backup:pw\n*:*:*:*:late', 'pw'],
  ['# *:*:*:*:no\n\n*:*:*:*:pw\r\n', 'pw'],
  ['*:*:*:*:a\\:b\\\\c', 'a:b\\c'],
  ['*:*:*:*:pw:and more', 'pw'],
  ['*:*:*:*:pä ss\\', 'pä ss\\'],
  ['db\\.example:*:*:*:pw', 'pw'],
  ['*:*:*:*:', ''],
  ['*:*:*:*', undefined],
  ['db.example:5432:', undefined],
  ['db.example:5433:*:*:pw', undefined],
  ['db.examples:*:*:*:pw', undefined],
  ['db.exampl:*:*:*:pw', undefined],
  ['*:*:**:*:pw', undefined],
  ['', undefined],
])('%j holds %j', (text, password) => {
  expect(passwordIn(text, LOGIN)).toBe(password);
});

test('names with colons and backslashes are escaped', () => {
  const odd = { ...LOGIN, host: '::1', database: 'a\\b:c', user: '😀' };
  expect(passwordIn('\\:\\:1:5432:a\\\\b\\:c:😀:pw', odd)).toBe('pw');
  expect(passwordIn('::1:5432:*:*:pw', odd)).toBeUndefined();
});

test('the default folder of sockets is called localhost, another one by its path', () => {
  expect(passwordIn('localhost:*:*:*:pw', { ...LOGIN, host: '/var/run/postgresql' })).toBe('pw');
  expect(passwordIn('localhost:*:*:*:pw', { ...LOGIN, host: '/srv/socket' })).toBeUndefined();
  expect(passwordIn('/srv/socket:*:*:*:pw', { ...LOGIN, host: '/srv/socket' })).toBe('pw');
});
