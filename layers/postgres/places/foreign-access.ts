import type pg from 'pg';

export interface MaterializedView {
  readonly schema: string;
  readonly name: string;
  /** Whether it reads another server, or a file. */
  readonly reaches: boolean;
}

/**
 * Keeps a restored database from reaching other servers and files: takes the handler from every foreign data wrapper, and
 * puts an error in place of dblink's connecting functions. Whatever reads through them fails then, and says so.
 *
 * @throws if the role may not: only a superuser may change a foreign data wrapper
 * @see https://www.postgresql.org/docs/current/sql-alterforeigndatawrapper.html
 */
export async function cutOff(client: pg.Client): Promise<void> {
  await client.query(`SET client_min_messages = error; ${NO_HANDLERS}; ${NO_DBLINK}; RESET client_min_messages`);
}

/** The extensions of a database that reach other servers or files. */
export async function listReaching(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(`
    SELECT DISTINCT e.extname AS name
      FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_depend d
        ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = e.oid AND d.deptype = 'e'
      LEFT JOIN pg_catalog.pg_foreign_data_wrapper w
        ON d.classid = 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass AND d.objid = w.oid
     WHERE w.fdwhandler <> 0 OR e.extname = 'dblink'`);
  return rows.map(({ name }) => name);
}

/**
 * The materialized views that read foreign tables, or through dblink: directly, through views and functions that are
 * known to read them, or through tables with foreign partitions. Those that only the body of a function leads to are not
 * among them.
 *
 * @returns all materialized views, and which of them do
 */
export async function listMaterializedViews(client: pg.Client): Promise<MaterializedView[]> {
  const { rows } = await client.query<MaterializedView>(`
    WITH RECURSIVE reaching(class, oid) AS (
      SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, oid FROM pg_catalog.pg_class WHERE relkind = 'f'
      UNION
      SELECT d.classid, d.objid FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e
          ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = e.oid AND d.deptype = 'e'
       WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND e.extname = 'dblink'
      UNION
      SELECT above.class, above.oid FROM reaching r CROSS JOIN LATERAL (
        SELECT CASE WHEN w.oid IS NULL THEN d.classid ELSE 'pg_catalog.pg_class'::pg_catalog.regclass END AS class,
               coalesce(w.ev_class, d.objid) AS oid
          FROM pg_catalog.pg_depend d LEFT JOIN pg_catalog.pg_rewrite w
            ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND w.oid = d.objid
         WHERE d.refclassid = r.class AND d.refobjid = r.oid AND d.classid IN
               ('pg_catalog.pg_rewrite'::pg_catalog.regclass, 'pg_catalog.pg_proc'::pg_catalog.regclass)
        UNION ALL
        SELECT r.class, i.inhparent FROM pg_catalog.pg_inherits i
         WHERE r.class = 'pg_catalog.pg_class'::pg_catalog.regclass AND i.inhrelid = r.oid
      ) above
    )
    SELECT n.nspname AS schema, c.relname AS name,
           EXISTS (SELECT FROM reaching r
                    WHERE r.class = 'pg_catalog.pg_class'::pg_catalog.regclass AND r.oid = c.oid) AS reaches
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'm' ORDER BY 1, 2`);
  return rows;
}

const NO_HANDLERS = `DO $$ DECLARE wrapper name; BEGIN
  FOR wrapper IN SELECT fdwname FROM pg_catalog.pg_foreign_data_wrapper WHERE fdwhandler <> 0
    LOOP EXECUTE format('ALTER FOREIGN DATA WRAPPER %I NO HANDLER', wrapper); END LOOP; END $$`;

/** The same functions with another body: whatever depends on them stays as it is. */
const NO_DBLINK = `DO $$ DECLARE definition text; BEGIN
  FOR definition IN
    SELECT pg_catalog.pg_get_functiondef(p.oid)
      FROM pg_catalog.pg_extension e
      JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
       AND d.refobjid = e.oid AND d.deptype = 'e' AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
      JOIN pg_catalog.pg_proc p ON p.oid = d.objid
      JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname = 'c'
     WHERE e.extname = 'dblink' AND p.proname IN ('dblink', 'dblink_connect', 'dblink_connect_u', 'dblink_exec')
  LOOP
    definition := pg_catalog.regexp_replace(definition, ' LANGUAGE c\\M', ' LANGUAGE plpgsql');
    EXECUTE pg_catalog.regexp_replace(definition, '\\nAS .*$',
      E'\\nAS $function$ BEGIN RAISE ''a drill connects to no other server'' USING ERRCODE = ''38001''; END $function$');
  END LOOP; END $$`;
