import pg from 'pg';
import type { Manifest } from '../../backup/manifest.ts';

/**
 * The statement that makes an empty database with the encoding and locale of one that was backed up.
 *
 * @param name - not quoted yet
 * @see https://www.postgresql.org/docs/current/sql-createdatabase.html
 */
export function createDatabaseSql(name: string, { encoding, ...source }: Manifest['source']): string {
  const { collate, ctype, locale, localeProvider, icuRules } = source;
  const provider = { icu: 'icu ICU_LOCALE', builtin: 'builtin BUILTIN_LOCALE' }[localeProvider];
  return [
    `CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0 ENCODING ${pg.escapeLiteral(encoding)}`,
    ...(provider && locale !== null ? [`LOCALE_PROVIDER ${provider} ${pg.escapeLiteral(locale)}`] : []),
    ...(icuRules === undefined ? [] : [`ICU_RULES ${pg.escapeLiteral(icuRules)}`]),
    `LC_COLLATE ${pg.escapeLiteral(collate)} LC_CTYPE ${pg.escapeLiteral(ctype)}`,
  ].join(' ');
}

/** The statement that makes a schema where it is not there: pg_restore brings single tables without theirs. */
export function ensureSchemaSql(name: string): string {
  return `CREATE SCHEMA IF NOT EXISTS ${pg.escapeIdentifier(name)}`;
}
