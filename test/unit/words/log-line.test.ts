import { expect, test } from 'vitest';
import { formatLogLine } from '../../../layers/words/log-line.ts';

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
