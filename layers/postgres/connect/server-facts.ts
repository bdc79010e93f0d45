import type pg from 'pg';
import type { Manifest } from '../../backup/manifest.ts';
import { askIfAllowed } from './ask.ts';
import { readDatabaseProperties } from './database-properties.ts';

export type ServerFacts = Manifest['server'];
export type SourceFacts = Manifest['source'];

/** What the server is: read once, at the start, on a connection of its own transaction. */
export async function readServerFacts(client: pg.Client): Promise<ServerFacts> {
  const { rows } = await client.query<{ version: string; number: string; standby: boolean }>(`
    SELECT current_setting('server_version') AS version, current_setting('server_version_num') AS number,
           pg_is_in_recovery() AS standby`);
  const [row] = rows;
  if (row === undefined) throw new Error('a SELECT without FROM gives one row');
  const ask = 'SELECT system_identifier::text AS id FROM pg_control_system()';
  const control = await askIfAllowed<{ id: string }>(client, ask);
  return {
    version: row.version,
    versionNumber: Number(row.number),
    systemIdentifier: control?.[0]?.id ?? null,
    standby: row.standby,
  };
}

/** Whether the role that is connected may do everything. */
export async function isSuperuser(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ yes: boolean }>(
    'SELECT rolsuper AS yes FROM pg_roles WHERE rolname = current_user',
  );
  return rows[0]?.yes ?? false;
}

/** What the database is, under the transaction's snapshot. */
export async function readSourceFacts(client: pg.Client, versionNumber: number): Promise<SourceFacts> {
  // datlocprovider came with 15; daticulocale with 15, renamed datlocale in 17.
  const provider = versionNumber >= 150000 ? 'datlocprovider' : `'c'`;
  const locale = versionNumber >= 170000 ? 'datlocale' : versionNumber >= 150000 ? 'daticulocale' : 'NULL::text';
  // From 16 on.
  const rules = versionNumber >= 160000 ? 'daticurules' : 'NULL::text';
  const { rows } = await client.query<{
    size: string;
    encoding: string;
    provider: string;
    collate: string;
    ctype: string;
    locale: string | null;
    rules: string | null;
  }>(`
    SELECT pg_database_size(oid)::text AS size, pg_encoding_to_char(encoding) AS encoding,
           ${provider}::text AS provider, datcollate AS collate, datctype AS ctype, ${locale} AS locale,
           ${rules} AS rules
      FROM pg_database WHERE datname = current_database()`);
  const [row] = rows;
  if (row === undefined) throw new Error('the current database is always in pg_database');
  const extensions = await client.query<{ name: string; version: string; schema: string }>(`
    SELECT extname AS name, extversion AS version, nspname AS schema
      FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace ORDER BY extname`);
  // From 14 on; a SELECT of the row's JSON knows no column that is not there.
  const lz4 = await client.query(`SELECT FROM pg_attribute a WHERE to_jsonb(a) ->> 'attcompression' = 'l' LIMIT 1`);
  const money = await client.query<{ monetary: string }>(MONETARY);
  return {
    sizeBytes: Number(row.size),
    encoding: row.encoding,
    localeProvider: { c: 'libc', i: 'icu', b: 'builtin', d: 'default' }[row.provider] ?? row.provider,
    collate: row.collate,
    ctype: row.ctype,
    locale: row.locale,
    ...(row.rules !== null && row.rules !== '' && { icuRules: row.rules }),
    properties: await readDatabaseProperties(client),
    extensions: extensions.rows,
    ...(lz4.rows.length > 0 && { lz4Columns: true }),
    ...(money.rows[0] && { monetary: money.rows[0].monetary.replace(AS_IN_C, 'C') }),
  };
}

/** Amounts look the same there. */
const AS_IN_C = /^(POSIX|(C|en_US)([.@].*)?)$/;

/** What sessions of this role have in this database, whatever this one has now; no row where no column is of type money. */
const MONETARY = `
  SELECT reset_val AS monetary FROM pg_catalog.pg_settings WHERE name = 'lc_monetary' AND EXISTS (
    SELECT FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
      LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
     WHERE c.relkind IN ('r', 'p', 'm', 'c') AND NOT a.attisdropped
       AND 'pg_catalog.money'::pg_catalog.regtype IN (a.atttypid, t.typelem, t.typbasetype))`;

/** Whether pg_dumpall may read roles' passwords; managed services let no one. */
export async function mayReadRolePasswords(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean }>(
    `SELECT has_table_privilege('pg_catalog.pg_authid', 'SELECT') AS may`,
  );
  return rows[0]?.may ?? false;
}
