import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  historyName,
  isSegmentSize,
  offsetInSegment,
  parseSegmentName,
  segmentName,
  segmentNumber,
  segmentStart,
} from '../../../layers/wal/segments.ts';

const MIB = 1024 * 1024;
const size = fc.integer({ min: 0, max: 10 }).map((power) => MIB * 2 ** power);
const timeline = fc.integer({ min: 1, max: 0xffff_ffff });
const lsn = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });

test.each([
  [1, 0x16b3748n, 16 * MIB, '000000010000000000000001'],
  [1, 0xff00_0000n, 16 * MIB, '0000000100000000000000FF'],
  [1, 0x1_0000_0000n, 16 * MIB, '000000010000000100000000'],
  [2, 0x1_0400_0000n, 64 * MIB, '000000020000000100000001'],
  [0xab, 0xffn * 0x10_0000n, MIB, '000000AB00000000000000FF'],
  [1, 0x3_c000_0000n, 1024 * MIB, '000000010000000300000003'],
])('golden: timeline %i, position %i, segments of %i bytes', (on, position, sizeBytes, name) => {
  expect(segmentName(on, segmentNumber(position, sizeBytes), sizeBytes)).toBe(name);
});

test('a name is read again: its timeline and number', () => {
  fc.assert(
    fc.property(timeline, lsn, size, (on, position, sizeBytes) => {
      const number = segmentNumber(position, sizeBytes);
      expect(parseSegmentName(segmentName(on, number, sizeBytes), sizeBytes)).toEqual({ timeline: on, number });
    }),
  );
});

test('names of one timeline sort as their numbers do', () => {
  fc.assert(
    fc.property(lsn, lsn, size, (one, other, sizeBytes) => {
      const [a, b] = [segmentNumber(one, sizeBytes), segmentNumber(other, sizeBytes)];
      return segmentName(7, a, sizeBytes) < segmentName(7, b, sizeBytes) === a < b;
    }),
  );
});

test('a position is its segment and what it is beyond its start', () => {
  fc.assert(
    fc.property(lsn, size, (position, sizeBytes) => {
      const start = segmentStart(segmentNumber(position, sizeBytes), sizeBytes);
      return start + BigInt(offsetInSegment(position, sizeBytes)) === position;
    }),
  );
});

test.each([
  ['a number that segments of this size do not reach', '000000010000000000000100', 16 * MIB],
  ['timeline 0', '000000000000000000000001', 16 * MIB],
  ['lower case', '00000001000000000000000a', 16 * MIB],
  ['a history', '00000002.history', 16 * MIB],
  ["PostgreSQL's own partial", '000000010000000000000001.partial', 16 * MIB],
])('%s is no segment', (_, name, sizeBytes) => {
  expect(parseSegmentName(name, sizeBytes)).toBeUndefined();
});

test('segments are a power of two from 1 MiB to 1 GiB', () => {
  expect([MIB, 16 * MIB, 1024 * MIB].map(isSegmentSize)).toEqual([true, true, true]);
  expect([0, MIB / 2, 3 * MIB, 2048 * MIB, Number.NaN].map(isSegmentSize)).toEqual(Array(5).fill(false));
});

test('golden: the name of a history', () => {
  expect(historyName(26)).toBe('0000001A.history');
});
