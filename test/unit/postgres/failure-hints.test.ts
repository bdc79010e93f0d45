import { expect, test } from 'vitest';
import { failureHint } from '../../../layers/postgres/complaints/failure-hints.ts';

const database = {
  extensions: ['amcheck'],
  timeChecks: [{ schema: 'public', name: 'offer', constraint: 'until "then"' }],
};

test.each([
  [
    'could not create unique index "t_pkey"\nDETAIL:  Key (id)=(7) is duplicated.',
    /^the index t_pkey .* is damaged.*; SELECT bt_index_check/,
  ],
  ['duplicate key value violates unique constraint "t_pkey"', /^the index t_pkey .* is damaged/],
  [
    'new row for relation "offer" violates check constraint "until "then""\nDETAIL:  Failing row',
    /^the CHECK until "then" of "public"."offer" depends on the time/,
  ],
  ['check constraint "c" of relation "t" is violated by some row', /^rows of the original database break its CHECK c:/],
  ['value for domain recent violates check constraint "c"', /break its CHECK c:/],
  [
    'insert or update on table "t" violates foreign key constraint "t_fkey"\nDETAIL:  Key',
    /break its foreign key t_fkey,/,
  ],
  ['relation "x" does not exist\nCONTEXT:  SQL function "f" during startup', /^the function f relies on search_path/],
])('what can be done about a backup that says %s', (said, hint) => {
  expect(failureHint(`pg_restore: error: could not execute query: ERROR:  ${said}`, database)).toMatch(hint);
});

test('where amcheck is not there, it must be made first; and of other failures nothing is known', () => {
  const without = { ...database, extensions: [] };
  expect(failureHint('ERROR:  could not create unique index "i"', without)).toMatch(
    /CREATE EXTENSION amcheck, then SELECT/,
  );
  expect(failureHint('ERROR:  relation "x" does not exist', without)).toBeUndefined();
});
