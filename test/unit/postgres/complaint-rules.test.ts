import { expect, test } from 'vitest';
import { RULES, UNRULED } from '../../../layers/postgres/complaints/rules.ts';

/** All classes of SQLSTATE that PostgreSQL documents. */
const CLASSES =
  '00 01 02 03 08 09 0A 0B 0F 0L 0P 0Z 10 20 21 22 23 24 25 26 27 28 2B 2D 2F 34 38 39 3B 3D 3F 40 42 44 53 54 55 57 58 72 F0 HV P0 XX';

test('each class of errors is decided: by rules, or with a reason why there are none', () => {
  const ruled = new Set(RULES.flatMap(({ sqlstates }) => sqlstates.map((code) => code.slice(0, 2))));
  expect([...ruled, ...Object.keys(UNRULED)].sort()).toEqual(CLASSES.split(' '));
});
