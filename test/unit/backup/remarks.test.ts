import { expect, test } from 'vitest';
import { judgeWarnings, lackedBy } from '../../../layers/backup/remarks.ts';

const SUBSCRIPTIONS = 'pg_dump: warning: subscriptions not dumped because current user is not a superuser\n';

test('what says that something was left out is a loss, anything else a warning; hints and notices are neither', () => {
  const said = `WARNING:  database "shop" has a collation version mismatch
DETAIL:  The database was created using collation version 1, but the operating system provides version 153.120.
HINT:  Rebuild all objects in this database that use the default collation.
NOTICE:  a notice
DETAIL:  of the notice
${SUBSCRIPTIONS}pg_dump: warning: postfix operators are not supported anymore (operator "!")
pg_dumpall: warning: orphaned pg_auth_members entry for role clerk
WARNUNG:  in the server's language
`;
  expect(judgeWarnings(said)).toEqual([
    {
      text: 'pg_dump warned: database "shop" has a collation version mismatch: The database was created using collation version 1, but the operating system provides version 153.120.',
    },
    {
      lacks: 'what pg_dump left out',
      text: 'pg_dump warned: subscriptions not dumped because current user is not a superuser.',
    },
    {
      lacks: 'what pg_dump left out',
      text: 'pg_dump warned: postfix operators are not supported anymore (operator "!").',
    },
    {
      lacks: 'what pg_dump left out',
      text: 'pg_dumpall warned: orphaned pg_auth_members entry for role clerk.',
    },
    { text: "pg_dump warned: in the server's language." },
  ]);
  expect(judgeWarnings('')).toEqual([]);
});

test('what is known already in better words is not said again', () => {
  const known = [{ lacks: 'subscriptions', text: 'The backup lacks the subscriptions (feed): …' }];
  expect(judgeWarnings(SUBSCRIPTIONS, known)).toEqual([]);
  expect(lackedBy({ remarks: [...known, ...known, { text: 'a warning' }] })).toEqual(['subscriptions']);
  expect(lackedBy({})).toEqual([]);
});

test('a flood is cut', () => {
  const said = Array.from({ length: 50 }, (_, index) => `pg_dump: warning: ${index} ${'x'.repeat(1000)}`).join('\n');
  const remarks = judgeWarnings(said);
  expect(remarks).toHaveLength(21);
  expect(remarks.at(-1)).toEqual({ text: 'And 30 more warnings.' });
  expect(JSON.stringify(remarks).length).toBeLessThan(10_000);
});

test('a table that references itself is nothing to warn of; tables that reference each other are', () => {
  const circle = (where: string) => `pg_dump: warning: there are circular foreign-key constraints ${where}:
pg_dump: detail: continuous_agg
pg_dump: hint: You might not be able to restore the dump without using --disable-triggers.`;
  expect(judgeWarnings(circle('on this table'))).toEqual([]);
  expect(judgeWarnings(circle('among these tables'))).toHaveLength(1);
});
