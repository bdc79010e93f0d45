import pg from 'pg';
import { conditionsOf } from './conditions.ts';
import type { Selected } from './selected.ts';

/** One table or sequence that the archive will hold. */
export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** Whether the archive holds its rows or its value; not those of a partitioned table, whose rows its partitions have. */
  readonly hasData: boolean;
  /** The extension whose configuration table this is, and the condition under which its rows are dumped. */
  readonly extension: string | null;
  readonly condition: string | null;
}

/**
 * The tables that pg_dump will lock and dump: ordinary and partitioned ones and partitions, none that is temporary or
 * the system's. An extension's own tables only if they are its configuration tables. Those that `hasData` have a TABLE
 * DATA entry; unlogged ones cannot be read on a standby.
 *
 * @param selected - what patterns matched: the rest is left out
 * @see src/bin/pg_dump/pg_dump.c, selectDumpableTable, makeTableDataInfo and processExtensionTables
 */
export async function listTables(client: pg.Client, standby: boolean, selected?: Selected): Promise<Relation[]> {
  return listRelations(client, ['r', 'p'], standby, selected);
}

/** The sequences whose values the archive will hold, by the same rules. */
export async function listSequences(client: pg.Client, standby: boolean, selected?: Selected): Promise<Relation[]> {
  return (await listRelations(client, ['S'], standby, selected)).filter(({ hasData }) => hasData);
}

/** The relation's qualified name, quoted. */
export function qualified({ schema, name }: Pick<Relation, 'schema' | 'name'>): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
}

/** What makes a relation the same at another time: the same oid under another name is a rename, not the same. */
export function identityOf(relation: Relation): string {
  return `${relation.oid} ${qualified(relation)} ${relation.condition}`;
}

/** Whether two listings name the same relations. */
export function sameRelations(a: readonly Relation[], b: readonly Relation[]): boolean {
  const known = new Set(a.map(identityOf));
  return a.length === b.length && b.every((relation) => known.has(identityOf(relation)));
}

/** What lies in the main forks of those that have data, in bytes. */
export async function sumHeaps(client: pg.Client, tables: readonly Relation[]): Promise<number> {
  const oids = tables.filter(({ hasData }) => hasData).map(({ oid }) => oid);
  const { rows } = await client.query<{ bytes: string | null }>(
    'SELECT sum(pg_relation_size(oid)) AS bytes FROM unnest($1::oid[]) AS oid',
    [oids],
  );
  return Number(rows[0]?.bytes ?? 0);
}

async function listRelations(
  client: pg.Client,
  kinds: readonly string[],
  standby: boolean,
  selected: Selected,
): Promise<Relation[]> {
  const dumped = conditionsOf(selected);
  const { rows } = await client.query<Relation>(
    `SELECT c.oid::int8::float8 AS oid, n.nspname AS schema, c.relname AS name, e.extname AS extension,
            nullif(e.extcondition[array_position(e.extconfig, c.oid)], '') AS condition,
            c.relkind <> 'p' AND (c.relpersistence = 'p' OR NOT $2) AND ${dumped.data} AS "hasData"
       FROM pg_catalog.pg_class c
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_catalog.pg_depend d
         ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
        AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'
       LEFT JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
      WHERE c.relkind = ANY ($1::"char"[]) AND c.relpersistence IN ('p', 'u')
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND CASE WHEN e.oid IS NOT NULL THEN c.oid = ANY (e.extconfig) AND ${dumped.configuration}
                 WHEN c.relkind = 'S' THEN ${dumped.sequence}
                 ELSE ${dumped.relation} END
      ORDER BY n.nspname, c.relname`,
    [kinds, standby],
  );
  return rows;
}
