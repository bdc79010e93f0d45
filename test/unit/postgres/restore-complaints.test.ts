import { expect, test } from 'vitest';
import { keepComplaints } from '../../../layers/postgres/complaints/heard.ts';
import { lostPath } from '../../../layers/postgres/complaints/hints.ts';
import { judgeComplaints } from '../../../layers/postgres/complaints/judge-complaints.ts';

test.each([
  ['could not execute query: ERROR:  could not extend file "base/5/1": No space left on device', 'shortage'],
  ['could not execute query: PANIC:  could not write to file "pg_wal/xlogtemp.1": File too large', 'shortage'],
  ['COPY failed for table "t": ERROR:  out of shared memory', 'shortage'],
  ['out of memory', 'shortage'],
  ['could not execute query: FATAL:  terminating connection due to administrator command', 'passing'],
  ['error returned by PQputCopyData: server closed the connection unexpectedly', 'passing'],
  ['connection to server at "db", port 5432 failed: FATAL:  sorry, too many clients already', 'passing'],
  ['connection to server at "db", port 5432 failed: Connection refused', 'passing'],
  ['connection to server on socket "/x/.s.PGSQL.5432" failed: FATAL:  nobody comes in', 'refused'],
  ['could not execute query: ERROR:  could not create locale "xx_XX": No such file or directory', 'lacking'],
  ['could not execute query: ERROR:  could not open synonym file "/usr/shop.syn": No such file', 'lacking'],
  ['could not execute query: ERROR:  could not access file "$libdir/own": No such file or directory', 'lacking'],
  ['could not execute query: ERROR:  could not load library "/usr/own.so": libown.so.1: cannot open', 'lacking'],
  ['could not execute query: ERROR:  compression method lz4 not supported', 'lacking'],
  ['could not execute query: ERROR:  ICU is not supported in this build', 'lacking'],
  [
    'could not execute query: ERROR:  unsupported XML feature\nDETAIL:  This functionality requires the server to be built with libxml support.',
    'lacking',
  ],
  [
    'could not execute query: ERROR:  function "add_job" is not supported under the current "apache" license',
    'lacking',
  ],
  ['could not execute query: ERROR:  Could not resolve hostname (Could not resolve host: shop.example)', 'lacking'],
  ['could not execute query: ERROR:  OSError: [Errno 101] Network is unreachable', 'lacking'],
  ['COPY failed for table "t": ERROR:  invalid input syntax for type x: "Network is unreachable"', 'failure'],
  ['could not execute query: ERROR:  relation "t" does not exist', 'failure'],
  ['COPY failed for table "t": ERROR:  invalid input syntax for type x: "No space left on device"', 'failure'],
  ['COPY failed for table "t": ERROR:  invalid input value for enum e: "server closed the connection"', 'failure'],
  ['could not execute query: ERROR:  function f(unknown) says could not access file "x"', 'failure'],
])('%s: %s', (complaint, kind) => {
  expect(judgeComplaints([complaint]).kind).toBe(kind);
});

test('of many complaints each lacking thing is named once, among failures too', () => {
  const lz4 =
    'could not execute query: ERROR:  compression method lz4 not supported\nDETAIL:  It must be built with it.';
  const said = [lz4, 'could not execute query: ERROR:  relation "t" does not exist', lz4];
  expect(judgeComplaints(said)).toEqual({
    kind: 'lacking',
    what: ['compression method lz4 not supported'],
    rights: [],
    notUnderstood: [],
  });
});

test('complaints are told from what surrounds them, in whatever pieces they come', () => {
  const said = [
    'pg_restore: while PROCESSING TOC:\npg_restore: from TOC entry 1; 2 3 TABLE t postgres\n',
    'pg_restore: error: could not execute query: ERROR:  one\nDETAIL:  more\nCommand was: CREATE TABLE t (a text);\n\n',
    'pg_restore: error: two\npg_restore: warning: errors ignored on restore: 2\n',
  ].join('');
  const complaints = keepComplaints();
  for (const byte of Buffer.from(said)) complaints.take(Buffer.of(byte));
  expect(complaints.all()).toEqual(['could not execute query: ERROR:  one\nDETAIL:  more', 'two']);
});

test.each([
  [
    'pg_restore:pg_restore: error: could not execute query: ERROR:  one',
    ' error: could not execute query: ERROR:  two',
  ],
  [
    'pg_restore:pg_restore:  error: error: could not execute query: ERROR:  one',
    'could not execute query: ERROR:  two',
  ],
  [
    'pg_restore: pg_restore: error: error: COPY failed for table "a": ERROR:  one',
    'COPY failed for table "b": ERROR:  two',
  ],
])('of parallel jobs whose lines run into one another, each complaint is heard: %s', (first, second) => {
  const context = 'CONTEXT:  SQL function\nCommand was: CREATE INDEX i ON t (f(\n  error: not one\n))\n\n\n';
  const last = 'a worker process died unexpectedly';
  const complaints = keepComplaints();
  complaints.take(
    Buffer.from(
      `pg_restore: warning: line ignored: 3316\n${first}\n${context}${second}\n${context}pg_restore: error: ${last}\n`,
    ),
  );
  const heard = complaints.all();
  expect(heard.map((one) => one.replace(/^.*ERROR: +/, ''))).toEqual(['one', 'two', last]);
  for (const one of heard) expect(one).toMatch(/^(could not execute query: |COPY failed for table "|a worker)/);
});

test.each([
  'unrecognized parameter "pg_attver"',
  'unrecognized privilege type "MAINTAIN"',
  'syntax error at or near "NEWER"',
  'option "newer" not recognized',
  'function pg_catalog.newer(integer) does not exist',
])('a scratch server that lacks repairs may not know words, which says nothing about the backup: %s', (said) => {
  const complaint = `could not execute query: ERROR:  ${said}`;
  expect(judgeComplaints([complaint], { otherRelease: true })).toEqual({
    ...{ kind: 'lacking', what: [], rights: [], notUnderstood: [said] },
  });
  expect(judgeComplaints([complaint])).toEqual({ kind: 'failure' });
});

test.each([
  'relation "t" does not exist',
  'function shop.total(integer) does not exist',
  'no partition of relation "t" found for row',
  'duplicate key value violates unique constraint "t_pkey"',
  'new row for relation "t" violates check constraint "c"',
])('what it refuses of the data is still the fault of the backup: %s', (said) => {
  const complaint = `could not execute query: ERROR:  ${said}`;
  expect(judgeComplaints([complaint], { otherRelease: true })).toEqual({ kind: 'failure' });
});

test.each([
  ['SQL function "h" during inlining', 'h'],
  ['PL/pgSQL function g(integer) line 1 at RETURN', 'g(integer)'],
  ['SQL function "f" statement 1', 'f'],
])('a function that relies on search_path is named: %s', (context, name) => {
  const said = `ERROR:  relation "t" does not exist\nLINE 1: SELECT a FROM t\nCONTEXT:  ${context}`;
  expect(lostPath(said)).toContain(`ALTER FUNCTION ${name} SET search_path`);
  expect(lostPath(said.replace('CONTEXT', 'DETAIL'))).toBeUndefined();
});
