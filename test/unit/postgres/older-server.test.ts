import { expect, test } from 'vitest';
import { watchComplaints } from '../../../layers/postgres/complaints/older-server.ts';

const KNOWN = `could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"
Command was: SET transaction_timeout = 0;`;
const ERROR = 'pg_restore: error: ';
const HEAD = 'pg_restore: while INITIALIZING:\n';

test.each([
  ['one', `${HEAD}${ERROR}${KNOWN}\npg_restore: warning: errors ignored on restore: 1\n`],
  ['in German', `${HEAD}${ERROR}${KNOWN.replace(/ERROR.*"trans/, 'FEHLER:  unbekannter Parameter »trans')}\n`],
  ['of two jobs at once', `pg_restore: pg_restore: error: error: ${KNOWN}${KNOWN}\n\n`],
])('the one known complaint of an older server: %s', (_, said) => {
  const complaints = watchComplaints();
  for (const byte of Buffer.from(said)) complaints.take(Buffer.from([byte]));
  expect({ aborted: complaints.signal.aborted, expected: complaints.areExpected() }).toEqual({
    aborted: false,
    expected: true,
  });
});

test.each([
  ['nothing at all', '', false],
  ['a lost connection', `${HEAD}${ERROR}${KNOWN}\n${ERROR}connection to server was lost\n`, false],
  [
    'a function that sets it',
    `${ERROR}${KNOWN}\n${ERROR}${KNOWN.replace('SET trans', 'CREATE FUNCTION f() SET trans')}\n`,
    false,
  ],
  ['a missing role', `${ERROR}${KNOWN}\n${ERROR}could not execute query: ERROR:  role "x" does not exist\n`, true],
  ['a broken COPY', `${ERROR}${KNOWN}\n${ERROR}COPY failed for table "t": ERROR:  duplicate key\n`, true],
])('any other complaint is a failure: %s', (_, said, aborted) => {
  const complaints = watchComplaints();
  complaints.take(Buffer.from(said));
  expect({ aborted: complaints.signal.aborted, expected: complaints.areExpected() }).toEqual({
    aborted,
    expected: false,
  });
});
