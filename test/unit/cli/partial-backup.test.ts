import { expect, test } from 'vitest';
import { describeLeftOut } from '../../../events/cli/left-out.ts';
import { describeReport } from '../../../events/cli/restore-report.ts';

test('what is not in a backup: by which patterns, what they matched, and what that breaks', () => {
  const relation = (name: string) => ({ schema: 'logs', name, kind: 'table' as const });
  const lines = describeLeftOut({
    patterns: [
      { variable: 'DUMP_EXCLUDE_SCHEMA', pattern: 'audit', matched: 1 },
      { variable: 'DUMP_EXCLUDE_TABLE', pattern: 'logs.*', matched: 7 },
      { variable: 'DUMP_EXCLUDE_TABLE', pattern: 'typo', matched: 0 },
    ],
    schemas: ['audit'],
    relations: ['1', '2', '3', '4', '5', '6', '7'].map(relation),
    rows: [{ schema: 'public', name: 'events' }],
    largeObjects: 2,
    needs: [{ object: 'view public.recent', of: 'table logs.1' }],
    schemasToCreate: [],
    createsPublic: false,
  });
  expect(lines).toEqual([
    'partial: without schema audit; without table logs.*',
    'without 1 schema: audit',
    'without 7 relations: logs.1, logs.2, logs.3, logs.4, logs.5 and 2 more',
    'without the data of 1 relation: public.events',
    'without 2 large objects',
    '! DUMP_EXCLUDE_TABLE typo matched nothing',
    '! view public.recent needs table logs.1, which is left out',
  ]);
  expect(describeLeftOut(undefined)).toEqual([]);
});

test('a restore says that the backup is partial, what it lacks, and what was lost for it', () => {
  const text = describeReport({
    ...{ database: 'shop_restored', serverVersion: '18.4', client: '18.6', jobs: 2, restoreMs: 12_300 },
    ...{ tables: null, complete: true, differences: [], analyzed: true, globalsRefused: null, hints: [] },
    compared: { tables: 2, rows: 1_500, sequences: 1, objects: 9, largeObjects: 0, fingerprints: 0 },
    uncompared: [],
    leftOut: ['EVENT TRIGGER guard: must be superuser'],
    lost: ['table public.refund (16 kB)'],
    partial: 'without schema audit',
    remarks: ['The subscription s is not in the backup: the role may not read it.'],
  });
  expect(text.split('\n')).toEqual([
    'restored into "shop_restored" on PostgreSQL 18.4 in 12.3 s, 2 jobs of pg_restore 18.6',
    'compared equal with the manifest: 2 tables with 1,500 rows, 1 sequence, 9 objects, 0 large objects',
    'LEFT OUT (1):',
    '  EVENT TRIGGER guard: must be superuser',
    'lost, because the backup does not hold it (1):',
    '  table public.refund (16 kB)',
    "collected the planner's statistics (ANALYZE)",
    'the backup is partial: without schema audit',
    '! The subscription s is not in the backup: the role may not read it.',
  ]);
});
