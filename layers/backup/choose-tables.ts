import { ConfigError } from './errors.ts';

interface Named {
  readonly schema: string;
  readonly name: string;
}

const SHOW =
  "pgvouch show --json lists all tables; the rows of a partitioned table are in its partitions: --table 'orders_*'";

/**
 * Finds the tables that a person named, each `orders` or `public.orders`, among those that have rows. `*` stands for any
 * characters: the partitions of a table are tables of their own. Pure.
 *
 * @param hint - where a person finds their names
 * @throws {@link ConfigError} if there is no such table, or several are called so
 */
export function chooseTables<Table extends Named>(
  { tables }: { readonly tables: readonly Table[] },
  names: readonly string[],
  hint = SHOW,
): Table[] {
  return [...new Set(names.flatMap((name) => namedBy(tables, name, hint) ?? chooseTable(tables, name, hint)))];
}

/** @returns undefined if the name is no pattern, or a table is really called so */
function namedBy<Table extends Named>(tables: readonly Table[], wanted: string, hint: string): Table[] | undefined {
  if (!wanted.includes('*') || tables.some(({ schema, name }) => [name, `${schema}.${name}`].includes(wanted))) return;
  const parts = wanted.split('*').map((part) => part.replace(/[.\\^$+?()[\]{}|]/g, '\\$&'));
  const pattern = new RegExp(`^${parts.join('.*')}$`, 's');
  const found = tables.filter(({ schema, name }) => pattern.test(name) || pattern.test(`${schema}.${name}`));
  if (found.length === 0) throw refuse(`the archive has no rows of any table that matches ${wanted}`, hint);
  return found;
}

function chooseTable<Table extends Named>(tables: readonly Table[], wanted: string, hint: string): Table {
  const exact = tables.filter(({ schema, name }) => `${schema}.${name}` === wanted);
  const found = exact.length > 0 ? exact : tables.filter(({ name }) => name === wanted);
  const [table] = found;
  if (table !== undefined && found.length === 1) return table;
  if (table === undefined) throw refuse(`the archive has no rows of a table named ${wanted}`, hint);
  throw refuse(`${found.length} tables are called ${wanted}`, `name one: --table ${table.schema}.${table.name}`);
}

function refuse(problem: string, hint: string): ConfigError {
  return new ConfigError({ operation: 'choose tables', problem, hint });
}
