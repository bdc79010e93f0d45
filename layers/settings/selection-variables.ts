import * as z from 'zod';
import { readPattern } from '../backup/name-pattern.ts';
import { SELECTORS, type SelectorName } from '../backup/selection.ts';
import { jsonOf, type Shape, writtenAs } from './shapes.ts';
import type { Variable } from './variable.ts';

/** Patterns for every database, or for each that is named. */
export type Patterns = readonly string[] | Readonly<Record<string, readonly string[]>>;

const FORM =
  'must be a JSON array of patterns, such as ["audit_*"], or an object of such arrays by database, such as {"shop": ["audit_*"]}';

function patterns(of: 'schemas' | 'tables'): Shape<Patterns> {
  const list = z.array(z.string());
  const form = z.union([list, z.record(z.string(), list)], FORM).superRefine((value, context) => {
    for (const pattern of Array.isArray(value) ? value : Object.values(value).flat()) {
      const read = readPattern(pattern, of);
      if ('wrong' in read) context.addIssue(`has the pattern ${JSON.stringify(pattern)}, which ${read.wrong}`);
    }
  });
  // In a file the database is known by where they stand.
  return writtenAs({ type: 'array', items: { type: 'string' } }, jsonOf(form));
}

function selector(name: SelectorName, at: string, meaning: string) {
  const shared = { without: 'none', readBy: ['dump'], onAws: {} } as const;
  return { ...shared, shape: patterns(SELECTORS[name].of), meaning, file: { at, per: 'database' } } as const;
}

/** What is left out of the dumps. */
export const SELECTION_VARIABLES = {
  DUMP_EXCLUDE_SCHEMA: selector(
    'DUMP_EXCLUDE_SCHEMA',
    'exclude.schemas',
    "Leave out these schemas and all that is in them: a JSON array of patterns, or an object of such arrays by database. pg_dump's `--exclude-schema`; see [leaving out](leaving-out.md)",
  ),
  DUMP_EXCLUDE_TABLE: selector(
    'DUMP_EXCLUDE_TABLE',
    'exclude.tables',
    'Leave out these tables, views and sequences: `--exclude-table`',
  ),
  DUMP_EXCLUDE_TABLE_DATA: selector(
    'DUMP_EXCLUDE_TABLE_DATA',
    'exclude.tableData',
    'Leave out only the rows of these tables: `--exclude-table-data`',
  ),
  DUMP_INCLUDE_SCHEMA: selector('DUMP_INCLUDE_SCHEMA', 'include.schemas', 'Dump only these schemas: `--schema`'),
  DUMP_INCLUDE_TABLE: selector(
    'DUMP_INCLUDE_TABLE',
    'include.tables',
    'Dump only these tables, views and sequences: `--table`. Cannot be combined with patterns of schemas',
  ),
} as const satisfies Readonly<Record<SelectorName, Variable>>;
