import { expect, test } from 'vitest';
import { endingOfKept, markOf, nameBeside, purposeOf } from '../../../layers/postgres/swap/mark.ts';

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
