import { expect, test } from 'vitest';
import { endingOfKept, examplesBeside, isNameBeside, nameBeside } from '../../../layers/backup/names-beside.ts';
import { markOf, purposeOf, purposeOfOwn, unmarked } from '../../../layers/postgres/swap/mark.ts';

const AT = new Date('2026-11-30T06:00:00.123Z');

test('a comment says whose a database is: of that refresh, of that database, and of nobody else', () => {
  const made = markOf('staging', 'made', 'shop_staging', AT);
  const kept = markOf('staging', 'kept', 'shop_staging', AT);
  expect(purposeOf('staging', 'shop_staging', made)).toBe('made');
  expect(purposeOf('staging', 'shop_staging', kept)).toBe('kept');
  for (const [refresh, database] of [
    ['stag', 'shop_staging'],
    ['staging', 'shop'],
    ['staging', 'shop_staging2'],
  ] as const) {
    expect(purposeOf(refresh, database, made)).toBeUndefined();
    expect(purposeOf(refresh, database, kept)).toBeUndefined();
  }
  expect(purposeOf('staging', 'shop_staging', null)).toBeUndefined();
  expect(purposeOf('staging', 'shop_staging', 'pgvouch refresh staging: this is mine')).toBeUndefined();
});

test('names beside a database fit into what PostgreSQL keeps of a name', () => {
  expect(nameBeside('shop_staging', endingOfKept(AT))).toBe('shop_staging_before_20261130_060000');
  expect(nameBeside('shop_staging', '_pgvouch_1a2b3c4d')).toBe('shop_staging_pgvouch_1a2b3c4d');
  const long = nameBeside('ä'.repeat(31), endingOfKept(AT));
  expect(long).toBe(`${'ä'.repeat(20)}_before_20261130_060000`);
  expect(Buffer.byteLength(long)).toBeLessThanOrEqual(63);
});

test('a database is a refresh’s own by its comment and its name: one that a person renamed is kept', () => {
  const own = (name: string, comment: string | null) => purposeOfOwn('staging', 'shop_staging', { name, comment });
  const made = markOf('staging', 'made', 'shop_staging', AT);
  const kept = markOf('staging', 'kept', 'shop_staging', AT);
  expect(own('shop_staging_pgvouch_1a2b3c4d', made)).toBe('made');
  expect(own('shop_staging_before_20261130_060000', kept)).toBe('kept');
  for (const name of ['shop_kept', 'shop_staging', 'shop_staging_before_the_move', 'shop_before_20261130_060000']) {
    expect(own(name, made)).toBeUndefined();
    expect(own(name, kept)).toBeUndefined();
  }
  expect(own('shop_staging_pgvouch_1a2b3c4d', null)).toBeUndefined();
});

test('names beside a database are told from others, however long they are', () => {
  for (const database of ['shop_staging', 'ä'.repeat(31)]) {
    const [made = '', kept = ''] = examplesBeside(database);
    expect(isNameBeside(database, 'made', made)).toBe(true);
    expect(isNameBeside(database, 'kept', kept)).toBe(true);
    expect(isNameBeside(database, 'made', kept)).toBe(false);
    expect(isNameBeside(database, 'kept', `${kept}_`)).toBe(false);
    expect(isNameBeside('crm', 'made', made)).toBe(false);
  }
  for (const name of ['shop', 'postgres', 'shop_staging', 'shop_staging_pgvouch_1A2B3C4D', 'shop_pgvouch_1a2b3c4d']) {
    expect(isNameBeside('shop_staging', 'made', name)).toBe(false);
  }
});

test('a mark does not come with the name, what people have written does', () => {
  const kept = markOf('staging', 'kept', 'shop_staging', AT);
  expect(unmarked('staging', 'shop_staging', kept)).toBeNull();
  expect(unmarked('staging', 'shop_staging', 'of the testers')).toBe('of the testers');
  expect(unmarked('staging', 'shop_staging', null)).toBeNull();
});
