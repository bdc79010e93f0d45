import type pg from 'pg';
import type { DatabaseGrant, DatabaseProperties, DatabaseSetting } from '../../backup/database-properties.ts';

/**
 * Reads what belongs to a database itself, under the transaction's snapshot. All of it is in catalogs that every role may
 * read, and that pg_dump reads as well.
 *
 * @param database - the current one by default
 * @see src/bin/pg_dump/pg_dump.c, dumpDatabase: the same, as entries that pg_restore brings with `--create`
 */
export async function readDatabaseProperties(client: pg.Client, database?: string): Promise<DatabaseProperties> {
  const which = [database ?? null];
  const { rows } = await client.query<Omit<DatabaseProperties, 'securityLabels' | 'grants' | 'settings'>>(
    `
    SELECT pg_catalog.pg_get_userbyid(datdba) AS owner, spcname AS tablespace, datconnlimit AS "connectionLimit",
           datistemplate AS "isTemplate", pg_catalog.shobj_description(d.oid, 'pg_database') AS comment
      FROM pg_catalog.pg_database d JOIN pg_catalog.pg_tablespace t ON t.oid = dattablespace
     WHERE ${IS_IT}`,
    which,
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`${database ?? 'the current database'} is always in pg_database`);
  return {
    ...row,
    securityLabels: await readLabels(client, which),
    grants: await readGrants(client, which),
    settings: await readSettings(client, which),
  };
}

/** Its name, or null for the current one. */
type Which = (string | null)[];
const IS_IT = 'datname = coalesce($1::pg_catalog.name, pg_catalog.current_database())';

async function readLabels(client: pg.Client, which: Which): Promise<DatabaseProperties['securityLabels']> {
  const { rows } = await client.query<{ provider: string; label: string }>(
    `
    SELECT provider, label FROM pg_catalog.pg_shseclabel l JOIN pg_catalog.pg_database d ON d.oid = l.objoid
     WHERE l.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass AND ${IS_IT}
     ORDER BY provider`,
    which,
  );
  return rows;
}

/** Who granted a privilege does not matter for what its holder may do. */
async function readGrants(client: pg.Client, which: Which): Promise<DatabaseGrant[]> {
  const { rows } = await client.query<DatabaseGrant>(
    `
    SELECT CASE WHEN grantee <> 0 THEN pg_catalog.pg_get_userbyid(grantee) END AS role, privilege_type AS privilege,
           pg_catalog.bool_or(is_grantable) AS grantable
      FROM pg_catalog.pg_database,
           pg_catalog.aclexplode(coalesce(datacl, pg_catalog.acldefault('d', datdba)))
     WHERE ${IS_IT}
     GROUP BY grantee, privilege_type ORDER BY role NULLS FIRST, privilege`,
    which,
  );
  return rows;
}

async function readSettings(client: pg.Client, which: Which): Promise<DatabaseSetting[]> {
  const { rows } = await client.query<DatabaseSetting>(
    `
    SELECT CASE WHEN setrole <> 0 THEN pg_catalog.pg_get_userbyid(setrole) END AS role,
           pg_catalog.split_part(setting, '=', 1) AS name,
           pg_catalog.substr(setting, pg_catalog.strpos(setting, '=') + 1) AS value
      FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase,
           pg_catalog.unnest(setconfig) AS setting
     WHERE ${IS_IT}
     ORDER BY role NULLS FIRST, name`,
    which,
  );
  return rows;
}
