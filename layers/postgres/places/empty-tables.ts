import pg from 'pg';

/** What holds something for now. */
export interface Filled {
  readonly tables: readonly { readonly schema: string; readonly name: string }[];
  readonly materializedViews: readonly { readonly schema: string; readonly name: string }[];
  readonly largeObjects: boolean;
}

/** A server has room for so many locks. */
const TABLES_AT_ONCE = 50;

/**
 * Gives back the disk that a part of a restored database takes. Tables, indexes and constraints stay, without rows; but
 * foreign keys go, since they would refuse what is restored next without its other side. Large objects stay, empty.
 *
 * @param client - of a superuser, or of the owner of everything
 */
export async function emptyTables(
  client: pg.Client,
  { tables, materializedViews, largeObjects }: Filled,
): Promise<void> {
  await client.query(`SET search_path = ''; SET client_min_messages = error; ${NO_FOREIGN_KEYS}`);
  for (const view of materializedViews) {
    await client.query(`REFRESH MATERIALIZED VIEW ${qualified(view)} WITH NO DATA`);
  }
  for (let start = 0; start < tables.length; start += TABLES_AT_ONCE) {
    const some = tables.slice(start, start + TABLES_AT_ONCE).map((table) => `ONLY ${qualified(table)}`);
    await client.query(`TRUNCATE ${some.join(', ')}`);
  }
  // Where the role may not, the disk is not ours either.
  if (largeObjects) await client.query(EMPTY_LARGE_OBJECTS).catch(() => {});
}

function qualified({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
}

const NO_FOREIGN_KEYS = `DO $$ DECLARE held record; BEGIN
  FOR held IN SELECT conrelid::pg_catalog.regclass AS of, conname FROM pg_catalog.pg_constraint
               WHERE contype = 'f' AND conparentid = 0 AND NOT EXISTS
                 (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = conrelid AND d.deptype = 'e'
                    AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass)
    LOOP EXECUTE pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', held.of, held.conname); END LOOP; END $$`;

const EMPTY_LARGE_OBJECTS =
  'SET allow_system_table_mods = on; TRUNCATE pg_catalog.pg_largeobject; RESET allow_system_table_mods';
