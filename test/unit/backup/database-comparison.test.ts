import { expect, test } from 'vitest';
import { compareDatabase, type DatabaseFacts } from '../../../layers/backup/database-comparison.ts';
import type { DatabaseProperties } from '../../../layers/backup/database-properties.ts';

const PROPERTIES: DatabaseProperties = {
  ...{ owner: 'app', tablespace: 'pg_default', connectionLimit: -1, isTemplate: false, comment: null },
  securityLabels: [],
  grants: [{ role: 'app', privilege: 'CONNECT', grantable: false }],
  settings: [{ role: null, name: 'search_path', value: 'sales, public' }],
};
const FACTS: DatabaseFacts = {
  ...{ encoding: 'UTF8', localeProvider: 'libc', collate: 'en_US.UTF-8', ctype: 'C', locale: null },
  properties: PROPERTIES,
};
const differences = (change: Partial<DatabaseProperties>, without?: Parameters<typeof compareDatabase>[2]) =>
  compareDatabase(FACTS, { ...FACTS, properties: { ...PROPERTIES, ...change } }, without);

test('a locale is compared by what it is, not by how it is spelled', () => {
  expect(compareDatabase(FACTS, { ...FACTS, collate: 'en_US.utf8', ctype: 'POSIX' })).toEqual([]);
  const icu = { ...FACTS, localeProvider: 'icu', locale: 'de_DE' };
  expect(compareDatabase(icu, { ...icu, locale: 'de-DE' })).toEqual([]);
  expect(compareDatabase(icu, { ...FACTS, encoding: 'LATIN1' })).toEqual([
    `The database's encoding is "LATIN1"; the manifest says "UTF8".`,
    `The database's locale provider is "libc"; the manifest says "icu".`,
    `The database's locale is null; the manifest says "de_DE".`,
  ]);
  expect(compareDatabase({ ...icu, icuRules: '&a < b' }, icu)).toEqual([
    `The database's ICU rules is null; the manifest says "&a < b".`,
  ]);
});

test('what older manifests do not tell is not compared', () => {
  const { properties: _, ...older } = FACTS;
  expect(compareDatabase(older, FACTS)).toEqual([]);
});

test('lists of names are compared by their items, all else as it stands; no value is told', () => {
  const set = (name: string, value: string) => differences({ settings: [{ role: null, name, value }] });
  expect(set('search_path', '"sales",public')).toEqual([]);
  expect(set('search_path', 'sales')).toEqual([
    `The database's setting search_path is another than the manifest says.`,
  ]);
  expect(set('app.key', 'hunter2')).toEqual([
    `The database's setting search_path did not come back.`,
    'The database has a setting app.key; the manifest has none.',
  ]);
});

test('grants: an owner has them as whoever owns the database, and the parts left out are not compared', () => {
  const another = { owner: 'me', grants: [{ role: 'me', privilege: 'CONNECT', grantable: false }] };
  expect(differences(another)).toEqual([`The database's owner is "me"; the manifest says "app".`]);
  const open = { ...another, grants: [...another.grants, { role: null, privilege: 'CONNECT', grantable: false }] };
  expect(differences(open, ['owner'])).toEqual([
    'The database has a grant of CONNECT to PUBLIC; the manifest has none.',
  ]);
  expect(
    differences({ ...open, isTemplate: true, tablespace: 'fast' }, ['owner', 'grants', 'template', 'tablespace']),
  ).toEqual([]);
  const passedOn = (grantable: boolean) => ({ grants: [{ role: 'b', privilege: 'CREATE', grantable }] });
  const wanted = { ...FACTS, properties: { ...PROPERTIES, ...passedOn(true) } };
  expect(compareDatabase(wanted, { ...FACTS, properties: { ...PROPERTIES, ...passedOn(false) } })).toEqual([
    `The database's grant of CREATE to "b" is another than the manifest says.`,
  ]);
});
