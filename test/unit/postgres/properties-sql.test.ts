import { expect, test } from 'vitest';
import type { DatabaseProperties } from '../../../layers/backup/database-properties.ts';
import { createDatabaseSql } from '../../../layers/postgres/places/create-database.ts';
import { propertyStatements } from '../../../layers/postgres/places/properties-sql.ts';
import { sampleManifest } from '../../support/world/sample-manifest.ts';

const NOTHING: DatabaseProperties = {
  ...{ owner: 'app', tablespace: 'pg_default', connectionLimit: -1, isTemplate: false, comment: null },
  securityLabels: [],
  grants: [
    ...['CONNECT', 'TEMPORARY'].map((privilege) => ({ role: null, privilege, grantable: false })),
    ...['CONNECT', 'CREATE', 'TEMPORARY'].map((privilege) => ({ role: 'app', privilege, grantable: false })),
  ],
  settings: [],
};
const sql = (properties: Partial<DatabaseProperties>, without: Parameters<typeof propertyStatements>[2] = []) => {
  const { before, after } = propertyStatements('a "copy"', { ...NOTHING, ...properties }, without);
  return [before, after].map((statements) => statements.map((statement) => statement.sql));
};
const set = (name: string, value: string, role: string | null = null) => ({ role, name, value });

test('a database as every other one: its owner, and nothing else', () => {
  expect(sql({})).toEqual([[], ['ALTER DATABASE "a ""copy""" OWNER TO "app"']]);
  expect(sql({}, ['owner'])).toEqual([[], []]);
});

test('what values may depend on and what keeps others out comes before the data, what would hinder its restore after it', () => {
  const settings = [
    ...[set('app.tenant', `it's`), set('default_transaction_read_only', 'on'), set('TimeZone', 'Asia/Tokyo')],
    ...[set('search_path', '"Odd, ""one""", public'), set('TimeZone', 'UTC', 'app'), set('temp_tablespaces', '""')],
  ];
  const grants = [{ role: 'r', privilege: 'CONNECT', grantable: true }];
  const [before, after] = sql({ settings, grants, connectionLimit: 0, isTemplate: true, comment: 'a\\b' }, ['owner']);
  const d = 'DATABASE "a ""copy"""';
  expect(before).toEqual([
    `REVOKE CONNECT, TEMPORARY ON ${d} FROM PUBLIC`,
    `ALTER ${d} SET "app.tenant" TO 'it''s'`,
    `ALTER ${d} SET "TimeZone" TO 'Asia/Tokyo'`,
  ]);
  expect(after).toEqual([
    `COMMENT ON ${d} IS  E'a\\\\b'`,
    `ALTER ${d} SET "default_transaction_read_only" TO 'on'`,
    `ALTER ${d} SET "search_path" TO 'Odd, "one"', 'public'`,
    `ALTER ROLE "app" IN ${d} SET "TimeZone" TO 'UTC'`,
    `ALTER ${d} SET "temp_tablespaces" TO ''`,
    `GRANT CONNECT ON ${d} TO "r" WITH GRANT OPTION`,
    `ALTER ${d} IS_TEMPLATE true`,
    `ALTER ${d} CONNECTION LIMIT 0`,
  ]);
  expect(sql({ grants: [], isTemplate: true }, ['owner', 'grants', 'template'])).toEqual([[], []]);
});

test('a new database has its provider, locale and tablespace named, as far as the server knows them', () => {
  const { source } = sampleManifest({ database: 'shop', firedAt: new Date('2026-11-22T02:00:00Z') });
  const libc = { ...source, properties: { ...NOTHING, tablespace: 'fast' } };
  const start = `CREATE DATABASE "s" TEMPLATE template0 ENCODING 'UTF8'`;
  const end = `LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'`;
  expect(createDatabaseSql('s', libc)).toBe(`${start} LOCALE_PROVIDER libc ${end}`);
  expect(createDatabaseSql('s', libc, { major: 14, tablespace: true })).toBe(`${start} ${end} TABLESPACE "fast"`);
  const icu = { ...source, localeProvider: 'icu', locale: 'de', icuRules: '&a < b' };
  expect(createDatabaseSql('s', icu)).toBe(`${start} LOCALE_PROVIDER icu ICU_LOCALE 'de' ICU_RULES '&a < b' ${end}`);
  const builtin = { ...source, localeProvider: 'builtin', locale: 'C.UTF-8' };
  expect(createDatabaseSql('s', builtin, { major: 18 })).toBe(
    `${start} LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' ${end}`,
  );
});
