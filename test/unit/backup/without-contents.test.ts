import { expect, test } from 'vitest';
import { withoutContents } from '../../../layers/backup/without-contents.ts';

const of = (reason: string) => withoutContents({ reasons: [reason] }).reasons[0];

test.each([
  [
    'The restore failed: pg_restore: error: could not execute query: ERROR:  could not create unique index "orders_email"\nDETAIL:  Key (email)=(a@b.c) is duplicated.',
    'The restore failed: pg_restore: error: could not execute query: ERROR: …',
  ],
  [
    'COPY failed for table "users": ERROR:  bad value\nCONTEXT:  COPY users, line 3: "a@b.c"',
    'COPY failed for table "…": ERROR: …',
  ],
  [
    'Table "public"."orders" came back with 9 rows; the manifest says 10.',
    'Table "…"."…" came back with 9 rows; the manifest says 10.',
  ],
  ['The backup is partial: without the tables sales.*.', 'The backup is partial: …'],
  ['The disk was full.', 'The disk was full.'],
])('of %j only what tells of no rows and no names', (reason, said) => {
  expect(of(reason)).toBe(said);
});

test('what a drill in pieces did not check is counted, and not named', () => {
  const compared = { tables: 1, rows: 1, sequences: 0, objects: 1, largeObjects: 0, fingerprints: 0 };
  const drill = { serverVersion: '18.4', client: '18.4', jobs: 1, restoreMs: 1, compared };
  const pieces = { count: 2, runs: 1, unchecked: ['"public"."orders" orders_fkey'] };
  expect(withoutContents({ reasons: [], drill: { ...drill, pieces } }).drill).toEqual({
    ...drill,
    pieces: { ...pieces, unchecked: ['…'] },
  });
});
