import { expect, test } from 'vitest';
import { otherVersions, otherVersionsWords } from '../../../layers/backup/text-order.ts';

const source = {
  ...{ localeProvider: 'libc', collate: 'en_US.UTF-8', ctype: 'en_US.UTF-8', locale: null, collationVersion: '2.36' },
  collations: [
    collation('pg_catalog', 'de_DE.utf8', 'libc', '2.36'),
    collation('public', 'german', 'icu', '153.120'),
    collation('pg_catalog', 'C.utf8', 'libc', undefined),
  ],
};

function collation(schema: string, name: string, provider: string, version: string | undefined) {
  return { schema, name, provider, collate: name, ctype: name, locale: null, ...(version && { version }) };
}

function found(own: string | undefined, libc: string, icu: string) {
  return { own, collations: new Map(Object.entries({ '"pg_catalog"."de_DE.utf8"': libc, '"public"."german"': icu })) };
}

test('collations of the same versions sort alike, and so do those that have none', () => {
  expect(otherVersions(source, found('2.36', '2.36', '153.120'))).toEqual([]);
  expect(otherVersions({ ...source, collationVersion: undefined }, found(undefined, '2.36', '153.120'))).toEqual([]);
});

test('those of other versions are named by what they changed from and to', () => {
  expect(otherVersionsWords(otherVersions(source, found('2.43', '2.43', '153.136')))).toBe(
    'libc 2.43 instead of 2.36: the database (en_US.UTF-8), de_DE.utf8; icu 153.136 instead of 153.120: "public"."german"',
  );
});

test('where none is recorded, as on musl, or in older manifests, nobody knows how it sorted', () => {
  const { collations: _, collationVersion: __, ...older } = source;
  expect(otherVersionsWords(otherVersions(older, found('2.43', '2.43', '1')))).toBe(
    'libc 2.43 instead of an unknown version: the database (en_US.UTF-8)',
  );
});

test('many are not all named', () => {
  const collations = Array.from({ length: 12 }, (_, n) => collation('s', `c${n}`, 'icu', '1'));
  const there = new Map(collations.map(({ name }) => [`"s"."${name}"`, '2']));
  expect(otherVersionsWords(otherVersions({ ...source, collations }, { own: '2.36', collations: there }))).toMatch(
    /^icu 2 instead of 1: "s"."c0", .*"s"."c9" and 2 more$/,
  );
});
