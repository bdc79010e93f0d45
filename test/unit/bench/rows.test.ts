import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { eventRows, smallRows } from '../../bench/place/rows.ts';

function text(seed: number, rows: number): string {
  const row = eventRows(seed);
  return Array.from({ length: rows }, (_, n) => row(n + 1)).join('');
}

test('a database is the same for the same seed, and another for another', () => {
  expect(text(1, 200)).toBe(text(1, 200));
  expect(text(1, 200)).not.toBe(text(2, 200));
  expect(smallRows(1, 10)).toBe(smallRows(1, 10));
});

test('rows are what COPY takes: as many columns in each, and JSON in the last', () => {
  const lines = text(7, 300).trimEnd().split('\n');
  expect(lines).toHaveLength(300);
  for (const line of lines) {
    const columns = line.split('\t');
    expect(columns).toHaveLength(9);
    expect(JSON.parse(columns[8] ?? '')).toMatchObject({ source: 'shop', items: [{}, {}] });
  }
  expect(smallRows(7, 5).trimEnd().split('\n')).toHaveLength(5);
});

test('they compress about as real data does: neither noise nor the same row again and again', () => {
  const rows = Buffer.from(text(42, 20_000));
  const ratio = rows.length / gzipSync(rows).length;
  expect(ratio).toBeGreaterThan(3);
  expect(ratio).toBeLessThan(5);
});
