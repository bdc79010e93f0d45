import { expect, test } from 'vitest';
import { type Complaint, listen } from '../../../layers/postgres/complaints/listen.ts';
import { isExpectedOfOlderServers } from '../../../layers/postgres/complaints/older-server.ts';

const KNOWN = `could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"
Command was: SET transaction_timeout = 0;`;
const ERROR = 'pg_restore: error: ';
const HEAD = 'pg_restore: while INITIALIZING:\n';

function heardOf(said: string): Complaint[] {
  const complaints: Complaint[] = [];
  const ears = listen((complaint) => complaints.push(complaint));
  for (const byte of Buffer.from(said)) ears.take(Buffer.from([byte]));
  ears.end();
  return complaints;
}

test.each([
  ['one', `${HEAD}${ERROR}${KNOWN}\npg_restore: warning: errors ignored on restore: 1\n`],
  ['in German', `${HEAD}${ERROR}${KNOWN.replace(/ERROR.*"trans/, 'FEHLER:  unbekannter Parameter »trans')}\n`],
  ['of two jobs at once', `pg_restore: pg_restore: error: error: ${KNOWN}${KNOWN}\n\n`],
  ['of a job while another tells something', `pg_restore: error: pg_restore: creating INDEX "i"\n${KNOWN}\n`],
  ['the other way round', `pg_restore: pg_restore: error: creating INDEX "i"\n${KNOWN}\n`],
])('the one known complaint of an older server: %s', (_, said) => {
  expect(heardOf(said).map(isExpectedOfOlderServers)).toEqual([true]);
});

test.each([
  ['a lost connection', `${HEAD}${ERROR}${KNOWN}\n${ERROR}connection to server was lost\n`],
  [
    'a function that sets it',
    `${ERROR}${KNOWN}\n${ERROR}${KNOWN.replace('SET trans', 'CREATE FUNCTION f() SET trans')}\n`,
  ],
  ['a missing role', `${ERROR}${KNOWN}\n${ERROR}could not execute query: ERROR:  role "x" does not exist\n`],
  ['a broken COPY', `${ERROR}${KNOWN}\n${ERROR}COPY failed for table "t": ERROR:  duplicate key\n`],
])('any other complaint is a failure: %s', (_, said) => {
  expect(heardOf(said).map(isExpectedOfOlderServers)).toEqual([true, false]);
});
