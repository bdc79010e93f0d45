import { type Comparison, compareRestored, type Restored } from '../../../layers/backup/comparison.ts';
import { ConfigError } from '../../../layers/backup/errors.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';

export type Table = Manifest['tables'][number];

/**
 * Finds the tables that a person named, each `orders` or `public.orders`, in what the manifest says the archive has. `*`
 * stands for any characters: the partitions of a table are tables of their own. Pure.
 *
 * @throws {@link ConfigError} if there is no such table, or several are called so
 */
export function chooseTables({ tables }: Pick<Manifest, 'tables'>, names: readonly string[]): Table[] {
  return [...new Set(names.flatMap((name) => namedBy(tables, name) ?? chooseTable(tables, name)))];
}

/** The schemas of tables, each once. */
export function schemasOf(tables: readonly Table[]): string[] {
  return [...new Set(tables.map(({ schema }) => schema))];
}

/**
 * What a person tells pg_restore of them.
 *
 * @throws {@link ConfigError} if they lie in several schemas
 */
export function tableArguments(tables: readonly Table[]): string[] {
  const schemas = schemasOf(tables);
  // pg_restore takes schemas and names as two lists, and whatever is in both: with --clean it would replace what nobody named.
  if (schemas.length > 1) {
    throw refuse(
      `they are in ${schemas.length} schemas (${schemas.join(', ')}), and pg_restore would mix up their names`,
      'print the commands one schema at a time, or leave out --print',
    );
  }
  const names = new Set(tables.map(({ name }) => name));
  return [...schemas.map((schema) => `--schema=${schema}`), ...[...names].map((name) => `--table=${name}`)];
}

/** Compares only those tables: everything else may be as it was, or not there. */
export function compareTables(manifest: Manifest, tables: readonly Table[], restored: Restored): Comparison {
  const only = { ...manifest, tables: [...tables], sequences: [], objects: {}, largeObjects: restored.largeObjects };
  const { differences, compared } = compareRestored(only, { ...restored, objects: {} });
  return { differences, compared: { ...compared, largeObjects: 0 } };
}

/** @returns undefined if the name is no pattern, or a table is really called so */
function namedBy(tables: readonly Table[], wanted: string): Table[] | undefined {
  if (!wanted.includes('*') || tables.some(({ schema, name }) => [name, `${schema}.${name}`].includes(wanted))) return;
  const parts = wanted.split('*').map((part) => part.replace(/[.\\^$+?()[\]{}|]/g, '\\$&'));
  const pattern = new RegExp(`^${parts.join('.*')}$`, 's');
  const found = tables.filter(({ schema, name }) => pattern.test(name) || pattern.test(`${schema}.${name}`));
  if (found.length === 0) throw refuse(`the archive has no rows of any table that matches ${wanted}`, HINT);
  return found;
}

const HINT =
  "pgvouch show --json lists all tables; the rows of a partitioned table are in its partitions: --table 'orders_*'";

function chooseTable(tables: readonly Table[], wanted: string): Table {
  const exact = tables.filter(({ schema, name }) => `${schema}.${name}` === wanted);
  const found = exact.length > 0 ? exact : tables.filter(({ name }) => name === wanted);
  const [table] = found;
  if (table !== undefined && found.length === 1) return table;
  if (table === undefined) {
    throw refuse(`the archive has no rows of a table named ${wanted}`, HINT);
  }
  throw refuse(`${found.length} tables are called ${wanted}`, `name one: --table ${table.schema}.${table.name}`);
}

function refuse(problem: string, hint: string): ConfigError {
  return new ConfigError({ operation: 'choose tables', problem, hint });
}
