import { expect, test } from 'vitest';
import { libcLocales } from '../../../layers/backup/collations.ts';

const libc = (name: string, locale: string) => ({
  ...{ schema: 'pg_catalog', name, provider: 'libc', collate: locale, ctype: locale, locale: null },
});
const icu = { schema: 'pg_catalog', name: 'de-x-icu', provider: 'icu', collate: null, ctype: null, locale: 'de' };

test('the locales that a database needs are its own and those of its collations, each once', () => {
  const source = { localeProvider: 'libc', collate: 'en_US.UTF-8', ctype: 'de_DE.utf8', locale: null };
  expect(libcLocales({ ...source, collations: [libc('de_DE', 'de_DE.utf8'), icu, libc('x', 'ja_JP.utf8')] })).toEqual([
    'en_US.UTF-8',
    'de_DE.utf8',
    'ja_JP.utf8',
  ]);
});

test('C and POSIX need none, and a database of ICU still has those of the C library', () => {
  expect(libcLocales({ localeProvider: 'icu', collate: 'C', ctype: 'en_US.UTF-8', locale: 'de-DE' })).toEqual([
    'en_US.UTF-8',
  ]);
  expect(libcLocales({ localeProvider: 'libc', collate: 'POSIX', ctype: 'C', locale: null })).toEqual([]);
});
