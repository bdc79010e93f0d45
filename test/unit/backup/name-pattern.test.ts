import { expect, test } from 'vitest';
import { leftOutWords } from '../../../layers/backup/left-out.ts';
import { readPattern } from '../../../layers/backup/name-pattern.ts';
import { selectionArguments } from '../../../layers/backup/selection.ts';

// What psql sends for them: \set ECHO_HIDDEN on, \dt <pattern>.
test.each([
  ['Orders', undefined, '^(orders)$'],
  ['"Orders"', undefined, '^(Orders)$'],
  ['sales.log_?*', '^(sales)$', '^(log_..*)$'],
  ['"a.b*""c"."d"e', '^(a\\.b\\*"c)$', '^(de)$'],
  ['a$[0-9]+[]', undefined, '^(a\\$[0-9]+\\[])$'],
  ['*.(x|Y)', '^(.*)$', '^((x|y))$'],
  ['ÄÖ"Ü"', undefined, '^(ÄÖÜ)$'],
])('%s', (pattern, schema, name) => {
  expect(readPattern(pattern, 'tables')).toEqual({ schema, name });
});

test.each([
  ['', 'tables', 'must not be empty'],
  ['a.b.c', 'tables', 'must be table or schema.table'],
  ['"a', 'tables', 'must close its double quotes'],
  ['a\0', 'tables', 'must not hold a NUL character'],
  ['a.b', 'schemas', 'must name schemas, without a dot'],
] as const)('%j is refused', (pattern, of, wrong) => {
  expect(readPattern(pattern, of)).toEqual({ wrong });
});

test('pg_dump is told the patterns as they are; with what is named alone, extensions and nothing of the system', () => {
  const without = [{ variable: 'DUMP_EXCLUDE_TABLE_DATA', pattern: '"A".*' }] as const;
  expect(selectionArguments(without, true)).toEqual(['--exclude-table-data="A".*']);
  const only = selectionArguments([{ variable: 'DUMP_INCLUDE_TABLE', pattern: '*.*' }], true);
  expect(only).toEqual(expect.arrayContaining(['--table=*.*', '--exclude-table=pg_*.*', '--extension=*']));
  expect(selectionArguments([{ variable: 'DUMP_INCLUDE_SCHEMA', pattern: 's' }], false)).not.toContain('--extension=*');
});

test('in words: by pattern, without those that matched nothing', () => {
  const patterns = [
    { variable: 'DUMP_EXCLUDE_TABLE_DATA', pattern: 'logs*', matched: 3 },
    { variable: 'DUMP_EXCLUDE_SCHEMA', pattern: 'audit', matched: 1 },
    { variable: 'DUMP_EXCLUDE_SCHEMA', pattern: 'old_*', matched: 2 },
    { variable: 'DUMP_EXCLUDE_TABLE', pattern: 'typo', matched: 0 },
  ] as const;
  expect(leftOutWords({ patterns: [...patterns] })).toBe('without schema audit, old_*; without rows of logs*');
  expect(leftOutWords({ patterns: [patterns[3]] })).toBe('');
  expect(leftOutWords(undefined)).toBe('');
});
