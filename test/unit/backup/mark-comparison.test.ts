import { describe, expect, test } from 'vitest';
import { compareAtMark, type TableAtMark } from '../../../layers/backup/mark-comparison.ts';

const wanted = (rows: number, more = {}) => [{ schema: 'public', name: 'orders', rows, ...more }];
const ORDERS = '"public"."orders"';

function compare(rows: number, there: Partial<TableAtMark> | undefined, isExact: boolean) {
  const found = there && { rows, unseen: 0, recent: 0, ...there };
  const map = new Map(found ? [[ORDERS, found]] : []);
  const { differences, changing } = compareAtMark(wanted(rows), map, new Set(), isExact);
  return differences.length > 0 ? 'different' : changing.length > 0 ? 'changing' : 'equal';
}

describe('where the states are the same', () => {
  test('any other number of rows is a contradiction, and so are other contents', () => {
    expect(compare(10, { rows: 10 }, true)).toBe('equal');
    expect(compare(10, { rows: 9 }, true)).toBe('different');
    expect(compare(10, { rows: 11, recent: 5, unseen: 1 }, true)).toBe('different');
    expect(compare(10, undefined, true)).toBe('different');
    const found = new Map([[ORDERS, { rows: 10, unseen: 0, recent: 0, fingerprint: '7' }]]);
    expect(compareAtMark(wanted(10, { fingerprint: '8' }), found, new Set(), true).differences).toHaveLength(1);
    expect(compareAtMark(wanted(10, { fingerprint: '7' }), found, new Set(), true)).toMatchObject({
      tables: 1,
      rows: 10,
    });
  });
});

describe('where transactions were ending at that moment', () => {
  test('what they inserted is left out', () => {
    expect(compare(10, { rows: 12, unseen: 2, recent: 3 }, false)).toBe('equal');
    expect(compare(10, { rows: 10, unseen: 2, recent: 2 }, false)).toBe('equal');
  });

  test('a table that lacks rows says nothing: they may have been deleted', () => {
    expect(compare(10, { rows: 9 }, false)).toBe('changing');
    expect(compare(10, { rows: 11, unseen: 2, recent: 2 }, false)).toBe('changing');
  });

  test('more rows than they can have brought are a contradiction, and so is a table that is not there', () => {
    expect(compare(10, { rows: 12, recent: 1 }, false)).toBe('different');
    expect(compare(10, undefined, false)).toBe('different');
  });
});

test('unlogged tables and those of extensions are left out', () => {
  expect(compareAtMark(wanted(10), new Map(), new Set([ORDERS]), true)).toMatchObject({ differences: [], tables: 0 });
  expect(compareAtMark(wanted(10, { extension: 'postgis' }), new Map(), new Set(), true)).toMatchObject({ tables: 0 });
});
