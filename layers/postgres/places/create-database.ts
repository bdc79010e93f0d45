import pg from 'pg';
import type { LeftOut } from '../../backup/left-out.ts';
import type { Manifest } from '../../backup/manifest.ts';

export interface CreateOptions {
  /** Of the server that is to make it; the newest if it is not known. */
  readonly major?: number;
  /** Whether it is to lie in the tablespace that it lay in. */
  readonly tablespace?: boolean;
}

/**
 * The statement that makes an empty database with the encoding, locale provider and locale of one that was backed up. All
 * of it is named: what is not, a new database has from the server's template.
 *
 * @param name - not quoted yet
 * @see https://www.postgresql.org/docs/current/sql-createdatabase.html
 */
export function createDatabaseSql(
  name: string,
  { encoding, properties, ...source }: Manifest['source'],
  { major = Number.POSITIVE_INFINITY, tablespace = false }: CreateOptions = {},
): string {
  const { collate, ctype, locale, localeProvider, icuRules } = source;
  const words = { icu: ' ICU_LOCALE', builtin: ' BUILTIN_LOCALE' }[localeProvider];
  const provider = words && locale !== null ? `${localeProvider}${words} ${pg.escapeLiteral(locale)}` : localeProvider;
  // Before 15 there was libc, and no word for it.
  const isUnsaid = localeProvider === 'libc' && major < 15;
  const place = properties?.tablespace ?? 'pg_default';
  return [
    `CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0 ENCODING ${pg.escapeLiteral(encoding)}`,
    ...(isUnsaid ? [] : [`LOCALE_PROVIDER ${provider}`]),
    ...(icuRules === undefined ? [] : [`ICU_RULES ${pg.escapeLiteral(icuRules)}`]),
    `LC_COLLATE ${pg.escapeLiteral(collate)} LC_CTYPE ${pg.escapeLiteral(ctype)}`,
    ...(tablespace && place !== 'pg_default' ? [`TABLESPACE ${pg.escapeIdentifier(place)}`] : []),
  ].join(' ');
}

/** The statement that makes a schema where it is not there: pg_restore brings single tables without theirs. */
export function ensureSchemaSql(name: string): string {
  return `CREATE SCHEMA IF NOT EXISTS ${pg.escapeIdentifier(name)}`;
}

/** The statement that makes an extension where it is not there, as a backup has it or in the version of the server. */
export function createExtensionSql({
  name,
  schema,
  version,
}: {
  readonly name: string;
  readonly schema: string;
  readonly version: string | undefined;
}): string {
  const create = `CREATE EXTENSION IF NOT EXISTS ${pg.escapeIdentifier(name)} WITH SCHEMA ${pg.escapeIdentifier(schema)}`;
  return version === undefined ? create : `${create} VERSION ${pg.escapeLiteral(version)}`;
}

/**
 * The statements that an empty database needs before an archive that something was left out of: schemas that it puts
 * something into without creating them, and none called `public` if it creates that one.
 */
export function partSql(leftOut: LeftOut | undefined): string[] {
  if (leftOut === undefined) return [];
  return [
    ...(leftOut.createsPublic ? ['DROP SCHEMA IF EXISTS public'] : []),
    ...leftOut.schemasToCreate.map(ensureSchemaSql),
  ];
}
