import { expect, test } from 'vitest';
import { orderComplaint } from '../../../layers/postgres/places/drill-order.ts';

const said = (error: string, detail = '') =>
  `pg_restore failed: pg_restore exited with code 1: pg_restore: error: could not execute query: ERROR:  ${error}\n${detail}Command was: x;.`;

test.each([
  ['new row for relation "people_n" violates partition constraint', '', { kind: 'partition', relation: 'people_n' }],
  ['partition constraint of relation "p" is violated by some row', '', { kind: 'partition', relation: 'p' }],
  ['no partition of relation "people" found for row', '', { kind: 'partition', relation: 'people' }],
  ['empty range bound specified for partition "p"', 'DETAIL:  Specified lower bound\n', { kind: 'bounds' }],
  ['partition "a" would overlap partition "b"', '', { kind: 'bounds' }],
  ['range lower bound must be less than or equal to range upper bound', '', { kind: 'range' }],
  ['new row for relation "t" violates check constraint "c d"', '', { kind: 'check', constraint: 'c d' }],
  ['value for domain word violates check constraint "w"', '', { kind: 'check', constraint: 'w' }],
  ['check constraint "c" of relation "t" is violated by some row', '', { kind: 'check', constraint: 'c' }],
  [
    'could not create unique index "i"',
    'DETAIL:  Key (name, "Odd ""one""")=(a, b) is duplicated.\n',
    { kind: 'equality', columns: ['name', 'Odd "one"'] },
  ],
  ['could not create unique index "i"', '', undefined],
  ['relation "x" does not exist', 'DETAIL:  Key (a)=(b)\n', undefined],
])('%s', (error, detail, complaint) => {
  expect(orderComplaint(said(error, detail))).toEqual(complaint);
});
