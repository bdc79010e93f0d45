import pg from 'pg';
import { connect } from '../connect/connection.ts';
import { serverError } from '../connect/server-error.ts';
import type { ConnectionTarget } from '../connect/target.ts';

/** One thing that a database holds, and that did not come with an extension. */
export interface HeldObject {
  /** `table`, `materialized view`, `event trigger`, … */
  readonly type: string;
  /** null for what lies in no schema. */
  readonly schema: string | null;
  /** As pg_dump tags it: `orders`, `f(integer)`. */
  readonly name: string;
  /** As SQL names it: `public.orders`. */
  readonly identity: string;
  /** Of tables and materialized views, with their indexes. */
  readonly sizeBytes: number | null;
}

/** Lists whatever {@link emptySql} would drop, without large objects. */
export async function listContents(
  target: ConnectionTarget,
  database: string,
  extensions: boolean,
): Promise<HeldObject[]> {
  const client = await connect(target, database, 'pgvouch restore');
  try {
    const { rows } = await client.query<Omit<HeldObject, 'name'> & { name: string | null }>(
      `SELECT type, schema, name, identity,
              CASE WHEN type IN ('table', 'materialized view')
                   THEN pg_catalog.pg_total_relation_size(objid)::float8 END AS "sizeBytes"
         FROM (${OBJECTS} UNION ALL ${EXTENSIONS}) objects
        WHERE type <> 'extension' OR ${extensions} ORDER BY type <> 'table', identity`,
    );
    return rows.map((row) => ({ ...row, schema: unquoted(row.schema), name: tagOf(row) }));
  } catch (error) {
    throw serverError('inspect', `"${database}"`, error);
  } finally {
    await client.end();
  }
}

/** Runs a statement that drops something, on its own. */
export async function dropFirst(
  target: ConnectionTarget,
  database: string,
  sql: string,
  application: string,
): Promise<void> {
  const client = await connect(target, database, application);
  try {
    await client.query(sql);
  } catch (error) {
    throw serverError('empty', `"${database}"`, error);
  } finally {
    await client.end();
  }
}

/** A statement that drops tables, and fails if anything else depends on them. */
export function dropTablesSql(tables: readonly { readonly schema: string | null; readonly name: string }[]): string {
  const names = tables.map(({ schema, name }) => `${pg.escapeIdentifier(schema ?? '')}.${pg.escapeIdentifier(name)}`);
  return names.length === 0 ? '' : `DROP TABLE IF EXISTS ${names.join(', ')};`;
}

/**
 * A statement that drops whatever a database holds. pg_restore's own `--clean` knows only what the archive holds, and
 * cannot even drop the primary key of a partitioned table.
 *
 * @param extensions - drop these, too, with what belongs to them: only a superuser may make all of them anew
 */
export function emptySql(extensions: boolean): string {
  return `DO $pgvouch_empty$
DECLARE classes oid[]; ids oid[]; ranks int[]; now record; extension name;
BEGIN
  SET LOCAL client_min_messages = error;
  SET LOCAL search_path = '';
  FOR extension IN SELECT extname FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql' AND ${extensions}
  LOOP EXECUTE pg_catalog.format('DROP EXTENSION IF EXISTS %I CASCADE', extension); END LOOP;
  SELECT pg_catalog.array_agg(classid ORDER BY rank), pg_catalog.array_agg(objid ORDER BY rank),
         pg_catalog.array_agg(rank ORDER BY rank) INTO classes, ids, ranks FROM (${OBJECTS}) objects;
  FOR at IN 1 .. coalesce(pg_catalog.cardinality(ids), 0) LOOP
    SELECT i.type, i.identity INTO now FROM pg_catalog.pg_identify_object(classes[at], ids[at], 0) i;
    -- Something else took it along.
    CONTINUE WHEN now.identity IS NULL;
    BEGIN
      EXECUTE 'DROP ' || CASE
          WHEN now.type IN ('function', 'procedure', 'aggregate') THEN 'ROUTINE'
          WHEN now.type = 'composite type' THEN 'TYPE'
          WHEN now.type = 'statistics object' THEN 'STATISTICS'
          ELSE pg_catalog.replace(now.type, '-', ' ') END
        || ' ' || pg_catalog.replace(now.identity, ' on language ', ' language ') || ' CASCADE';
    EXCEPTION WHEN insufficient_privilege THEN
      -- What only a superuser made may stay; tables and the like must go.
      IF ranks[at] = ${IN_SCHEMA} THEN RAISE; END IF;
    END;
  END LOOP;
  PERFORM pg_catalog.lo_unlink(oid) FROM pg_catalog.pg_largeobject_metadata;
END $pgvouch_empty$;`;
}

const IN_SCHEMA = 2;

/**
 * Everything in a schema depends on it, and what is part of something else depends on that, too. Rank: event triggers go
 * first, since they fire at every DROP; schemas last.
 */
const OBJECTS = `
  SELECT o.classid, o.objid, o.rank, i.type, i.schema, i.name, i.identity
    FROM (
      SELECT d.classid, d.objid, ${IN_SCHEMA} AS rank FROM pg_catalog.pg_depend d
        JOIN pg_catalog.pg_namespace n ON n.oid = d.refobjid
       WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.deptype = 'n'
         AND d.classid NOT IN ('pg_catalog.pg_extension'::pg_catalog.regclass, 'pg_catalog.pg_default_acl'::pg_catalog.regclass)
         AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      UNION ALL SELECT 'pg_catalog.pg_event_trigger'::pg_catalog.regclass, oid, 0 FROM pg_catalog.pg_event_trigger
      UNION ALL SELECT 'pg_catalog.pg_publication'::pg_catalog.regclass, oid, 1 FROM pg_catalog.pg_publication
      UNION ALL SELECT 'pg_catalog.pg_foreign_server'::pg_catalog.regclass, oid, 3 FROM pg_catalog.pg_foreign_server
      UNION ALL SELECT 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass, oid, 4 FROM pg_catalog.pg_foreign_data_wrapper
      UNION ALL SELECT 'pg_catalog.pg_transform'::pg_catalog.regclass, oid, 3 FROM pg_catalog.pg_transform
      UNION ALL SELECT 'pg_catalog.pg_cast'::pg_catalog.regclass, oid, 3 FROM pg_catalog.pg_cast
      UNION ALL SELECT 'pg_catalog.pg_language'::pg_catalog.regclass, oid, 4 FROM pg_catalog.pg_language
      UNION ALL SELECT 'pg_catalog.pg_am'::pg_catalog.regclass, oid, 4 FROM pg_catalog.pg_am
      UNION ALL
      SELECT 'pg_catalog.pg_namespace'::pg_catalog.regclass, oid, 5 FROM pg_catalog.pg_namespace n
       WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
         -- An extension lives there, or has something there.
         AND NOT EXISTS (
           SELECT FROM pg_catalog.pg_depend d
            WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.refobjid = n.oid
              AND (d.classid = 'pg_catalog.pg_extension'::pg_catalog.regclass
                   OR EXISTS (SELECT FROM pg_catalog.pg_depend e
                               WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e')))
    ) o
   CROSS JOIN LATERAL pg_catalog.pg_identify_object(o.classid, o.objid, 0) i
   WHERE o.objid >= 16384
     AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_depend p
        WHERE p.classid = o.classid AND p.objid = o.objid AND p.deptype IN ('e', 'i')
          AND p.refclassid <> 'pg_catalog.pg_namespace'::pg_catalog.regclass)`;

const EXTENSIONS = `
  SELECT 'pg_catalog.pg_extension'::pg_catalog.regclass, oid, 0, 'extension', NULL, extname, pg_catalog.quote_ident(extname)
    FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql'`;

function tagOf({ type, name, identity }: Pick<HeldObject, 'type' | 'identity'> & { name: string | null }): string {
  const plain = identity.replaceAll('pg_catalog.', '').replace(/, ?/g, ', ');
  if (['function', 'procedure', 'aggregate'].includes(type)) return plain.replace(/^("(?:[^"]|"")*"|[^".]+)\./, '');
  return type === 'cast' ? `CAST ${plain}` : (unquoted(name) ?? plain);
}

/** pg_identify_object quotes what SQL would. */
function unquoted<Name extends string | null>(name: Name): Name | string {
  return name?.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
