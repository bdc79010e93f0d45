import type pg from 'pg';
import type { ObjectCounts } from '../../backup/comparison.ts';
import { conditionsOf } from './conditions.ts';
import type { Selected } from './selected.ts';

/**
 * Counts what a restore must bring back, by schema and kind, under the transaction's snapshot. Not what belongs to
 * extensions, which bring it themselves, nor what PostgreSQL makes on its own: NOT NULL constraints are catalogued only
 * from 18 on, range types have more constructors from 14 on, and what partitions inherit comes with its parent. Invalid indexes are not dumped, but those of partitioned
 * tables are, and restored they may be valid.
 *
 * @param versionNumber - as `server_version_num`
 * @param selected - what patterns matched: the rest is left out
 */
export async function countObjects(
  client: pg.Client,
  versionNumber: number,
  selected?: Selected,
): Promise<ObjectCounts> {
  const dumped = conditionsOf(selected);
  // tgparentid came with 13; before, partitions' clones of triggers were internal.
  const ownTrigger = versionNumber >= 130000 ? 'AND t.tgparentid = 0' : '';
  const { rows } = await client.query<{ schema: string; kind: string; count: string }>(`
    WITH schemas AS (
      SELECT n.oid, n.nspname, ${dumped.schema} AS dumped FROM pg_catalog.pg_namespace n
       WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    ), members AS (
      SELECT classid, objid FROM pg_catalog.pg_depend
       WHERE deptype = 'e' AND refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
    ), constructors AS (
      SELECT objid FROM pg_catalog.pg_depend
       WHERE deptype = 'i' AND classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
         AND refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
    ), relations AS (
      SELECT c.oid, c.relnamespace, c.relkind FROM pg_catalog.pg_class c
       WHERE c.relpersistence <> 't'
         AND NOT EXISTS (SELECT FROM members m WHERE m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.objid = c.oid)
         AND CASE WHEN c.relkind = 'S' THEN ${dumped.sequence} ELSE ${dumped.relation} END
    ), objects AS (
      SELECT relnamespace AS namespace,
             CASE relkind WHEN 'v' THEN 'views' WHEN 'm' THEN 'materializedViews' WHEN 'S' THEN 'sequences'
                          WHEN 'f' THEN 'foreignTables' ELSE 'tables' END AS kind
        FROM relations WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
      UNION ALL
      SELECT r.relnamespace, 'indexes' FROM pg_catalog.pg_index i JOIN relations r ON r.oid = i.indrelid
       WHERE r.relkind IN ('r', 'p', 'm') AND (i.indisvalid OR r.relkind = 'p')
      UNION ALL
      SELECT o.connamespace, 'constraints' FROM pg_catalog.pg_constraint o
       WHERE o.contype NOT IN ('n', 't') AND o.conparentid = 0
         AND (o.conrelid IN (SELECT oid FROM relations)
              OR o.conrelid = 0 AND o.connamespace IN (SELECT oid FROM schemas WHERE dumped))
         AND (o.contypid = 0 OR o.contypid NOT IN
               (SELECT objid FROM members WHERE classid = 'pg_catalog.pg_type'::pg_catalog.regclass))
      UNION ALL
      SELECT p.pronamespace, 'functions' FROM pg_catalog.pg_proc p
       WHERE p.pronamespace IN (SELECT oid FROM schemas WHERE dumped)
         AND NOT EXISTS (SELECT FROM members m WHERE m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND m.objid = p.oid)
         AND NOT EXISTS (SELECT FROM constructors c WHERE c.objid = p.oid)
      UNION ALL
      SELECT r.relnamespace, 'triggers' FROM pg_catalog.pg_trigger t JOIN relations r ON r.oid = t.tgrelid
       WHERE NOT t.tgisinternal ${ownTrigger}
      UNION ALL
      SELECT r.relnamespace, 'policies' FROM pg_catalog.pg_policy p JOIN relations r ON r.oid = p.polrelid
    )
    SELECT s.nspname AS schema, o.kind, count(*) AS count
      FROM objects o JOIN schemas s ON s.oid = o.namespace GROUP BY 1, 2 ORDER BY 1, 2`);
  const counts: ObjectCounts = {};
  for (const { schema, kind, count } of rows) {
    const of = counts[schema] ?? {};
    counts[schema] = of;
    of[kind] = Number(count);
  }
  return counts;
}
