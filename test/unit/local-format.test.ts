import { expect, test } from 'vitest';
import { formatTable } from '../../layers/words/columns.ts';
import { stampUtc } from '../../layers/words/instants.ts';
import { formatLogLine } from '../../layers/words/log-line.ts';
import { bytes } from '../../layers/words/sizes.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [12_345_678, '12.3 MB'],
  [250_000_000, '250 MB'],
  [999_999, '1.0 MB'],
  [3e15, '3.0 PB'],
  [3e18, '3000 PB'],
])('%d bytes are %s', (sizeBytes, text) => {
  expect(bytes(sizeBytes)).toBe(text);
});

test('an instant is in UTC, to the minute', () => {
  expect(stampUtc(new Date('2026-11-23T02:00:59+01:00'))).toBe('2026-11-23 01:00 UTC');
});

test('the second column of a table begins where the longest first one ends', () => {
  expect(
    formatTable([
      ['a', '1'],
      ['long', '2'],
    ]),
  ).toBe('  a     1\n  long  2');
});

test('a log line is told in its facts', () => {
  const line = { time: '2026-11-23T02:00:03.123Z', level: 'info', msg: 'dump finished', archiveKey: 'pgvouch/…' };
  expect(formatLogLine(JSON.stringify({ ...line, database: 'shop', sizeBytes: 367_753, durationMs: 1234 }))).toBe(
    '02:00:03 dump finished: shop, 368 kB, 1.2 s',
  );
  expect(formatLogLine(JSON.stringify(line))).toBe('02:00:03 dump finished');
});

test('why a verdict is bad is told, why one is good is not', () => {
  const line = { time: '2026-11-23T02:00:03.123Z', level: 'info', msg: 'verified', reasons: ['one.', 'two.'] };
  expect(formatLogLine(JSON.stringify({ ...line, verdict: 'corrupt' }))).toBe('02:00:03 verified: corrupt, one. two.');
  expect(formatLogLine(JSON.stringify({ ...line, verdict: 'readable' }))).toBe('02:00:03 verified: readable');
});

test('an error says what was wrong, a warning is marked', () => {
  const line = { time: '2026-11-23T02:00:03.123Z', msg: 'not told' };
  const err = { type: 'VaultError', problem: 'ECONNREFUSED' };
  expect(formatLogLine(JSON.stringify({ ...line, level: 'error', err }))).toBe('02:00:03 ✗ not told: ECONNREFUSED');
  expect(formatLogLine(JSON.stringify({ ...line, level: 'warn', err: null }))).toBe('02:00:03 ! not told');
});

test.each(['plain text', '{"no": "log line"}', '{"msg": ', 'null', '[]'])('%s stays as it is', (text) => {
  expect(formatLogLine(text)).toBe(text);
});
