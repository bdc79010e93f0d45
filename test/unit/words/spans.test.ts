import { expect, test } from 'vitest';
import { age, ago, duration, elapsed, span } from '../../../layers/words/spans.ts';

const NOW = new Date('2026-11-23T08:12:40Z');
const SECOND = 1000;
const HOUR = 3_600_000;

test.each([
  [-5, '0 s'],
  [59 * SECOND, '59 s'],
  [90 * SECOND, '90 s'],
  [120 * SECOND, '2 min'],
  [119 * 60 * SECOND, '119 min'],
  [2 * HOUR, '2 h'],
  [47.9 * HOUR, '47 h'],
  [48 * HOUR, '2 days'],
  [400 * 24 * HOUR, '400 days'],
])('%d ms are %s', (ms, words) => {
  expect(span(ms)).toBe(words);
});

test('ages and what is to come', () => {
  expect(ago(new Date('2026-11-23T02:00:00Z'), NOW)).toBe('6 h ago');
  expect(ago(new Date('2026-11-24T02:00:00Z'), NOW)).toBe('in 17 h');
});

test.each([
  [4_240, '4.2 s'],
  [200_000, '3 min 20 s'],
  [7_500_000, '2 h 5 min'],
])('%d ms took %s', (ms, words) => {
  expect(duration(ms)).toBe(words);
});

test('in a table', () => {
  const ages = [0, 119_000, 120_000, 119 * 60_000, 2 * HOUR, 47 * HOUR, 48 * HOUR, 90 * 24 * HOUR];
  expect(ages.map(age)).toEqual(['0 s', '119 s', '2 min', '119 min', '2 h', '47 h', '2 d', '90 d']);
  expect(age(-5_000)).toBe('in 5 s');
  expect([1_440, 59_940, 200_000, 7_500_000].map(duration)).toEqual(['1.4 s', '59.9 s', '3 min 20 s', '2 h 5 min']);
});

test.each([
  [-1, '0 s'],
  [39_600, '40 s'],
  [3 * HOUR, '3 h'],
  [3 * HOUR + 305_000, '3 h 5 min'],
  [51 * HOUR + 300_000, '2 d 3 h'],
])('what went on for %d ms went on for %s', (ms, words) => {
  expect(elapsed(ms)).toBe(words);
});
