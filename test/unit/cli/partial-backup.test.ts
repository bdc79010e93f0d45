import { expect, test } from 'vitest';
import { describeLeftOut } from '../../../events/cli/left-out.ts';

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
