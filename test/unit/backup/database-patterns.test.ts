import { describe, expect, test } from 'vitest';
import { type DatabasePatterns, isChosen, sortPatterns } from '../../../layers/backup/database-patterns.ts';

function patternsOf(...list: string[]): DatabasePatterns {
  const patterns = sortPatterns(list);
  if (patterns === undefined || 'wrong' in patterns) throw new Error(`no patterns: ${JSON.stringify(patterns)}`);
  return patterns;
}

test('a list of names alone has no patterns', () => {
  expect(sortPatterns(['shop', 'a.b', 'Crm (old)', '[x]', 'a!b'])).toBeUndefined();
});

test('names, patterns, and what is left out', () => {
  expect(sortPatterns(['shop', 'crm_*', '!crm_test', '!*_old'])).toEqual({
    names: ['shop'],
    include: ['crm_*'],
    exclude: ['crm_test', '*_old'],
  });
});

test.each([
  [['!scratch_*'], 'has no pattern of those that it takes'],
  [['shop', '!crm'], 'has no pattern of those that it takes'],
  [['*', '!'], 'has an exclamation mark without a name'],
  [['*', 'shop', '!sh*'], 'names "shop", and leaves it out'],
])('%j is refused: %s', (list, wrong) => {
  expect(sortPatterns(list)).toEqual({ wrong: expect.stringContaining(wrong) });
});

describe('which databases are chosen', () => {
  test.each([
    [['*'], 'anything at all', true],
    [['*'], 'a*b?', true],
    [['*', '!scratch_*'], 'scratch_1', false],
    [['*', '!scratch_*'], 'scratch', true],
    [['*', '!scratch'], 'scratch', false],
    [['shop_?'], 'shop_1', true],
    [['shop_?'], 'shop_', false],
    [['shop_?'], 'shop_12', false],
    [['shop_?'], 'shop_ü', true],
    [['shop_?'], 'shop_🦆', true],
    [['Shop*'], 'shop', false],
    [['*.eu'], 'shop.eu', true],
    [['*.eu'], 'shopXeu', false],
    [['a*b*c'], 'abc', true],
    [['a*b*c'], 'aXbYbZc', true],
    [['a*b*c'], 'aXcYb', false],
    [['crm_*'], 'my_crm_1', false],
    [['shop', 'crm_*'], 'shop', true],
    [['shop', 'crm_*'], 'shop2', false],
    [['?name'], '!name', true],
  ])('%j and %j: %s', (list, database, chosen) => {
    expect(isChosen(patternsOf(...list), database)).toBe(chosen);
  });

  test('a pattern that is hard to fit takes no time', () => {
    expect(isChosen(patternsOf(`${'*a'.repeat(30)}b`), 'a'.repeat(63))).toBe(false);
  });
});
