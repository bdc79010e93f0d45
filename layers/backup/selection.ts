/** What says that something of a database is left out of its dump: the variable, and one of its patterns. */
export interface Selector {
  readonly variable: SelectorName;
  readonly pattern: string;
}

/** None: everything is dumped. */
export type Selection = readonly Selector[];

/** The variables, and what pg_dump calls them. */
export const SELECTORS = {
  DUMP_INCLUDE_SCHEMA: { option: '--schema', of: 'schemas' },
  DUMP_EXCLUDE_SCHEMA: { option: '--exclude-schema', of: 'schemas' },
  DUMP_INCLUDE_TABLE: { option: '--table', of: 'tables' },
  DUMP_EXCLUDE_TABLE: { option: '--exclude-table', of: 'tables' },
  DUMP_EXCLUDE_TABLE_DATA: { option: '--exclude-table-data', of: 'tables' },
} as const;

export type SelectorName = keyof typeof SELECTORS;

export const SELECTOR_NAMES = Object.keys(SELECTORS) as SelectorName[];

/** Whether only what is named is dumped: extensions are then asked for by name, and large objects stay out. */
export function namesWhatStays(selection: Selection): boolean {
  return selection.some(({ variable }) => INCLUDES.includes(variable));
}

const INCLUDES: readonly SelectorName[] = ['DUMP_INCLUDE_SCHEMA', 'DUMP_INCLUDE_TABLE'];

/**
 * The arguments for pg_dump. Pure.
 *
 * Named alone, `--schema='*'` would bring the system's schemas too. Extensions come with what is named: tables may have
 * columns of their types, and a database without any has none to ask for.
 *
 * @see src/bin/pg_dump/pg_dump.c, selectDumpableNamespace and selectDumpableTable
 */
export function selectionArguments(selection: Selection, hasExtensions: boolean): string[] {
  const given = selection.map(({ variable, pattern }) => `${SELECTORS[variable].option}=${pattern}`);
  if (!namesWhatStays(selection)) return given;
  const system = ['--exclude-schema=pg_*', '--exclude-schema=information_schema'];
  const tables = ['--exclude-table=pg_*.*', '--exclude-table=information_schema.*'];
  return [...given, ...system, ...tables, ...(hasExtensions ? ['--extension=*'] : [])];
}
