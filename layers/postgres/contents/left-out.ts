import type pg from 'pg';
import type { LeftOut } from '../../backup/left-out.ts';
import { namesWhatStays } from '../../backup/selection.ts';
import { type Conditions, conditionsOf } from './conditions.ts';
import { countLargeObjects } from './large-objects.ts';
import { readNeeds } from './needs.ts';
import type { Selected } from './selected.ts';

/** What the manifest says of patterns and of what they left out, under the transaction's snapshot; undefined without patterns. */
export async function readLeftOut(client: pg.Client, selected: Selected): Promise<LeftOut | undefined> {
  if (selected === undefined) return undefined;
  const dumped = conditionsOf(selected);
  const tablesOnly = selected.some(({ variable }) => variable === 'DUMP_INCLUDE_TABLE');
  const { rows: relations } = await client.query<Found>(RELATIONS(dumped));
  const { rows: schemas } = await client.query<{ name: string; dumped: boolean; extensions: boolean }>(SCHEMAS(dumped));
  const inUse = new Set(relations.filter((one) => one.dumped).map(({ schema }) => schema));
  const isDumped = (schema: { name: string; dumped: boolean }) =>
    schema.dumped || (tablesOnly && inUse.has(schema.name));
  const there = new Set(schemas.filter(isDumped).map(({ name }) => name));
  const isPublic = (name: string) => name === 'public';
  return {
    patterns: selected.map(({ variable, pattern, oids }) => ({ variable, pattern, matched: oids.length })),
    schemas: schemas.filter((schema) => !isDumped(schema)).map(({ name }) => name),
    relations: relations
      .filter((one) => !one.dumped && there.has(one.schema))
      .map(({ schema, name, kind }) => ({ schema, name, kind })),
    rows: relations.filter((one) => one.dumped && !one.data).map(({ schema, name }) => ({ schema, name })),
    largeObjects: namesWhatStays(selected) ? await countLargeObjects(client) : 0,
    needs: await readNeeds(client, dumped, !namesWhatStays(selected)),
    schemasToCreate: schemas
      .filter(({ name, dumped: created, extensions }) => !created && !isPublic(name) && (extensions || inUse.has(name)))
      .map(({ name }) => name),
    createsPublic: namesWhatStays(selected) && schemas.some(({ name, dumped: created }) => created && isPublic(name)),
  };
}

interface Found {
  readonly schema: string;
  readonly name: string;
  readonly kind: LeftOut['relations'][number]['kind'];
  readonly dumped: boolean;
  readonly data: boolean;
}

/** All that patterns of tables can match, extensions' own aside. */
const RELATIONS = (dumped: Conditions) => `
  SELECT n.nspname AS schema, c.relname AS name,
         CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
                        WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind,
         CASE WHEN c.relkind = 'S' THEN ${dumped.sequence} ELSE ${dumped.relation} END AS dumped,
         c.relkind NOT IN ('r', 'S', 'm') OR ${dumped.data} AS data
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.relpersistence <> 't'
     AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
   ORDER BY n.nspname, c.relname`;

const SCHEMAS = (dumped: Conditions) => `
  SELECT n.nspname AS name, ${dumped.schema} AS dumped,
         EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.extnamespace = n.oid) AS extensions
    FROM pg_catalog.pg_namespace n
   WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                      WHERE d.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.objid = n.oid AND d.deptype = 'e')
   ORDER BY n.nspname`;
