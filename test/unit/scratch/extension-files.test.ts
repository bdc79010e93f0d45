import { expect, test } from 'vitest';
import { unreachableScripts } from '../../../layers/build/scratch-postgres/extension-files.ts';

test('updates that no CREATE EXTENSION runs are superfluous; those that one needs are not', () => {
  const needed = ['hstore--1.4.sql', 'hstore--1.4--1.5.sql', 'hstore--1.5--1.6.sql', 'hstore.control', 'readme.txt'];
  const others = [
    'hstore--1.1--1.2.sql',
    'hstore--1.2--1.3.sql',
    'postgis--ANY--3.6.4.sql',
    'hstore--unpackaged--1.0.sql',
  ];
  expect(unreachableScripts([...others, ...needed]).sort()).toEqual([...others].sort());
});

test('an update from a version that only another update leads to is needed', () => {
  expect(unreachableScripts(['a--2--3.sql', 'a--1--2.sql', 'a--1.sql', 'b--2--3.sql'])).toEqual(['b--2--3.sql']);
});
