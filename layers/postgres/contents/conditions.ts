import type { SelectorName } from '../../backup/selection.ts';
import type { Selected } from './selected.ts';

/**
 * The conditions under which pg_dump dumps what is in a schema `n`, and a relation `c` in it, which is no member of an
 * extension. SQL, with aliases `c` of pg_class and `n` of pg_namespace.
 */
export interface Conditions {
  readonly schema: string;
  /** Of any relation that is no sequence. */
  readonly relation: string;
  readonly sequence: string;
  /** Of an extension's configuration table. */
  readonly configuration: string;
  /** Whether its data are dumped if it is. */
  readonly data: string;
}

/**
 * @see src/bin/pg_dump/pg_dump.c, selectDumpableNamespace, selectDumpableTable, getOwnedSeqs, processExtensionTables and
 *   makeTableDataInfo
 */
export function conditionsOf(selected: Selected): Conditions {
  if (selected === undefined) return { ...ALWAYS };
  const oids = (variable: SelectorName) => {
    const matches = selected.filter((one) => one.variable === variable);
    return matches.length === 0 ? undefined : `'{${matches.flatMap((one) => one.oids).join(',')}}'::pg_catalog.oid[]`;
  };
  const among = (column: string, variable: SelectorName) => {
    const list = oids(variable);
    return list === undefined ? [] : [`${column} = ANY (${list})`];
  };
  const notAmong = (column: string, variable: SelectorName) => {
    const list = oids(variable);
    return list === undefined ? [] : [`${column} <> ALL (${list})`];
  };
  const tablesOnly = oids('DUMP_INCLUDE_TABLE') !== undefined;
  const notInSchemas = (column: string) => notAmong(column, 'DUMP_EXCLUDE_SCHEMA');
  const schema = (column: string) =>
    tablesOnly ? 'false' : all([...among(column, 'DUMP_INCLUDE_SCHEMA'), ...notInSchemas(column)]);
  const notTables = (alias: string) => notAmong(`${alias}.oid`, 'DUMP_EXCLUDE_TABLE');
  const relation = (alias: string) =>
    all([
      ...(tablesOnly ? among(`${alias}.oid`, 'DUMP_INCLUDE_TABLE') : [schema(`${alias}.relnamespace`)]),
      ...notTables(alias),
    ]);
  return {
    schema: schema('n.oid'),
    relation: relation('c'),
    sequence: sequenceCondition(relation('c'), relation('o')),
    configuration: all([...notInSchemas('n.oid'), ...notTables('c')]),
    data: all(notAmong('c.oid', 'DUMP_EXCLUDE_TABLE_DATA')),
  };
}

const ALWAYS: Conditions = { schema: 'true', relation: 'true', sequence: 'true', configuration: 'true', data: 'true' };

/** An identity's sequence goes with its table; any other that a column owns is dumped with it, or for itself. */
function sequenceCondition(own: string, owners: string): string {
  return `(SELECT CASE WHEN bool_or(d.deptype = 'i') THEN bool_and(${owners}) ELSE bool_or(${owners}) IS TRUE OR ${own} END
             FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class o ON o.oid = d.refobjid
            WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.objsubid = 0
              AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0
              AND d.deptype IN ('a', 'i') AND o.relkind IN ('r', 'p', 'f'))`;
}

function all(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'true' : `(${conditions.join(' AND ')})`;
}
