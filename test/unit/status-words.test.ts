import { describe, expect, test } from 'vitest';
import { count } from '../../layers/words/counts.ts';
import { day, moment } from '../../layers/words/instants.ts';
import { bytes } from '../../layers/words/sizes.ts';
import { ago, duration, span } from '../../layers/words/spans.ts';
import { shorten, visible } from '../../layers/words/texts.ts';

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

test('a day has its year where it is not this one; in UTC', () => {
  expect(day(new Date('2026-10-23T23:59:59Z'), NOW)).toBe('23 October');
  expect(day(new Date('2025-12-31T23:59:59Z'), NOW)).toBe('31 December 2025');
  expect(moment(new Date('2026-11-24T02:00:00Z'), NOW)).toBe('02:00 UTC');
  expect(moment(new Date('2026-11-30T02:00:00Z'), NOW)).toBe('30 November, 02:00 UTC');
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [999.6, '1.0 kB'],
  [48_300_000, '48.3 MB'],
  [193_200_000, '193 MB'],
  [999_960_000, '1.0 GB'],
  [99_960, '100 kB'],
])('%d bytes are %s', (sizeBytes, words) => {
  expect(bytes(sizeBytes)).toBe(words);
});

test('counts', () => {
  expect([count(1, 'backup'), count(2_000, 'backup')]).toEqual(['1 backup', '2,000 backups']);
});

describe('what others wrote', () => {
  test('long texts keep their beginning and their end', () => {
    expect(shorten('short', 10)).toBe('short');
    expect(shorten(`dump: ${'x'.repeat(500)} refused`, 30)).toBe(`dump: xxxx … ${'x'.repeat(12)} refused`);
    expect(shorten('😀'.repeat(40), 9)).toBe(`${'😀'.repeat(3)} … ${'😀'.repeat(6)}`);
  });

  test('what hides or turns text around is shown as something', () => {
    expect(visible('shop\u202egpj\u0000\u2066')).toBe('shop\ufffdgpj\ufffd\ufffd');
    expect(visible('über "ünïcode" 世界\nline')).toBe('über "ünïcode" 世界\nline');
  });
});
