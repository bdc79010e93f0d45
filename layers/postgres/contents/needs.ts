import type pg from 'pg';
import type { LeftOut } from '../../backup/left-out.ts';
import type { Conditions } from './conditions.ts';

/**
 * What the archive holds that cannot be restored as it was, because it needs something that is left out: a view over a
 * table, a column of a type, a foreign key to a table or to its rows, a partition. The first hundred.
 *
 * What functions in their bodies need nobody knows but PostgreSQL when it runs them.
 *
 * @param everything - whether what belongs to no schema is dumped too: event triggers
 */
export async function readNeeds(client: pg.Client, dumped: Conditions, everything: boolean): Promise<LeftOut['needs']> {
  const { rows } = await client.query<LeftOut['needs'][number]>(NEEDS(dumped, everything));
  return rows;
}

/** By kind of object: its catalog, what it belongs to, and the column that says so. */
const OF_RELATIONS = [
  ['pg_constraint', 'conrelid'],
  ['pg_attrdef', 'adrelid'],
  ['pg_rewrite', 'ev_class'],
  ['pg_trigger', 'tgrelid'],
  ['pg_policy', 'polrelid'],
  ['pg_statistic_ext', 'stxrelid'],
] as const;
const OF_SCHEMAS = [
  ['pg_proc', 'pronamespace'],
  ['pg_operator', 'oprnamespace'],
  ['pg_opclass', 'opcnamespace'],
  ['pg_opfamily', 'opfnamespace'],
  ['pg_collation', 'collnamespace'],
  ['pg_conversion', 'connamespace'],
  ['pg_ts_config', 'cfgnamespace'],
  ['pg_ts_dict', 'dictnamespace'],
] as const;

const CLASS = (catalog: string) => `'pg_catalog.${catalog}'::pg_catalog.regclass`;

const NEEDS = (dumped: Conditions, everything: boolean) => `
  WITH schemas AS (
    SELECT n.oid, ${dumped.schema} AS dumped FROM pg_catalog.pg_namespace n
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  ), members AS (
    SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
  ), relations AS (
    SELECT c.oid, c.relkind, CASE WHEN c.relkind = 'S' THEN ${dumped.sequence} ELSE ${dumped.relation} END AS dumped,
           ${dumped.data} AS data
      FROM pg_catalog.pg_class c JOIN schemas n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
       AND NOT EXISTS (SELECT FROM members m WHERE m.classid = ${CLASS('pg_class')} AND m.objid = c.oid)
  ), objects AS (
    SELECT ${CLASS('pg_class')} AS classid, oid AS objid, dumped, true AS whole FROM relations
    UNION ALL SELECT ${CLASS('pg_class')}, i.indexrelid, r.dumped, false
                FROM pg_catalog.pg_index i JOIN relations r ON r.oid = i.indrelid
    UNION ALL SELECT ${CLASS('pg_class')}, c.oid, s.dumped, true
                FROM pg_catalog.pg_class c JOIN schemas s ON s.oid = c.relnamespace WHERE c.relkind = 'c'
    -- A relation has a type, and that one a type of arrays: they go with it.
    UNION ALL SELECT ${CLASS('pg_type')}, t.oid, coalesce(r.dumped, s.dumped), true
                FROM pg_catalog.pg_type t JOIN schemas s ON s.oid = t.typnamespace
                LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
                LEFT JOIN relations r ON r.oid = coalesce(nullif(t.typrelid, 0), e.typrelid)
    UNION ALL SELECT ${CLASS('pg_constraint')}, o.oid, s.dumped, false
                FROM pg_catalog.pg_constraint o JOIN schemas s ON s.oid = o.connamespace WHERE o.conrelid = 0
    ${OF_RELATIONS.map(
      ([catalog, of]) => `UNION ALL SELECT ${CLASS(catalog)}, o.oid, r.dumped, false
                FROM pg_catalog.${catalog} o JOIN relations r ON r.oid = o.${of}`,
    ).join('\n    ')}
    ${OF_SCHEMAS.map(
      ([catalog, of]) => `UNION ALL SELECT ${CLASS(catalog)}, o.oid, s.dumped, true
                FROM pg_catalog.${catalog} o JOIN schemas s ON s.oid = o.${of}`,
    ).join('\n    ')}
    UNION ALL SELECT ${CLASS('pg_event_trigger')}, oid, ${everything}, false FROM pg_catalog.pg_event_trigger
  ), ours AS (
    SELECT * FROM objects o
     WHERE NOT EXISTS (SELECT FROM members m WHERE m.classid = o.classid AND m.objid = o.objid)
  ), needs AS (
    SELECT CASE WHEN d.classid = ${CLASS('pg_rewrite')}
                THEN (SELECT pg_catalog.pg_describe_object(${CLASS('pg_class')}, w.ev_class, 0)
                        FROM pg_catalog.pg_rewrite w WHERE w.oid = d.objid)
                ELSE pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) END AS object,
           pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0) AS of
      FROM pg_catalog.pg_depend d
      JOIN ours a ON a.classid = d.classid AND a.objid = d.objid AND a.dumped
      JOIN ours b ON b.classid = d.refclassid AND b.objid = d.refobjid AND NOT b.dumped AND b.whole
     -- pg_dump leaves out that a sequence is owned by a column that is not there. A foreign key's triggers are not its.
     WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE d.classid = ${CLASS('pg_trigger')} AND t.oid = d.objid AND t.tgisinternal)
       AND NOT (d.classid = ${CLASS('pg_class')} AND d.deptype = 'a'
                AND EXISTS (SELECT FROM relations r WHERE r.oid = d.objid AND r.relkind = 'S'))
    UNION
    SELECT pg_catalog.pg_describe_object(${CLASS('pg_constraint')}, coalesce(nullif(f.conparentid, 0), f.oid), 0),
           'the rows of ' || pg_catalog.pg_describe_object(${CLASS('pg_class')}, f.confrelid, 0)
      FROM pg_catalog.pg_constraint f
      JOIN relations a ON a.oid = f.conrelid AND a.dumped AND a.data
      JOIN relations b ON b.oid = f.confrelid AND b.dumped AND NOT b.data
     WHERE f.contype = 'f'
  )
  SELECT object, of FROM needs WHERE object IS NOT NULL AND of IS NOT NULL ORDER BY object, of LIMIT 100`;
