import { expect, test } from 'vitest';
import { day, moment, stampUtc } from '../../../layers/words/instants.ts';

const NOW = new Date('2026-11-23T08:12:40Z');

test('a day has its year where it is not this one; in UTC', () => {
  expect(day(new Date('2026-10-23T23:59:59Z'), NOW)).toBe('23 October');
  expect(day(new Date('2025-12-31T23:59:59Z'), NOW)).toBe('31 December 2025');
  expect(moment(new Date('2026-11-24T02:00:00Z'), NOW)).toBe('02:00 UTC');
  expect(moment(new Date('2026-11-30T02:00:00Z'), NOW)).toBe('30 November, 02:00 UTC');
});

test('an instant is in UTC, to the minute', () => {
  expect(stampUtc(new Date('2026-11-23T02:00:59+01:00'))).toBe('2026-11-23 01:00 UTC');
});
