import { expect, test } from 'vitest';
import { mayEndThere } from '../../../layers/wal/record-end.ts';

const SEGMENT = 64 * 1024;

/** A segment of which so many bytes are stored, with a record of a length at an offset. */
function segmentWith(totalBytes: number, at: number, remaining?: number): Buffer {
  const segment = Buffer.alloc(SEGMENT, 0xaa);
  segment.writeUInt32LE(totalBytes, at);
  if (remaining !== undefined) segment.writeUInt32LE(remaining, 8_192 * Math.ceil((at + 1) / 8_192) + 16);
  return segment;
}

function ends(segment: Buffer, offset: number, endOffset: number, followingBytes = endOffset - offset): boolean {
  return mayEndThere({ segment, offset, endOffset, followingBytes });
}

test('nothing follows, or nothing but zeros', () => {
  expect(ends(Buffer.alloc(SEGMENT, 1), 1_000, 1_000)).toBe(true);
  expect(ends(Buffer.alloc(SEGMENT), 1_000, 5_000)).toBe(true);
  expect(ends(Buffer.alloc(SEGMENT), 1_000, 5_000, 70_000)).toBe(false);
});

test('a record that was not finished yet', () => {
  expect(ends(segmentWith(100, 1_000), 1_000, 1_080)).toBe(true);
  // It goes on to pages that are not there, and those that are say how much is to come.
  expect(ends(segmentWith(20_000, 1_000, 20_000 - 7_192), 1_000, 16_384)).toBe(true);
});

test('a record that is all there is broken, or recovery would have gone on', () => {
  expect(ends(segmentWith(100, 1_000), 1_000, 1_100)).toBe(false);
  expect(ends(segmentWith(100, 8_192 + 24), 8_192, 8_192 + 124)).toBe(false);
  expect(ends(segmentWith(100, 40), 0, 140)).toBe(false);
});

test('a length that is impossible, or that the next page contradicts', () => {
  expect(ends(segmentWith(7, 1_000), 1_000, 1_010)).toBe(false);
  expect(ends(segmentWith(2_000_000, 1_000, 500), 1_000, 16_384)).toBe(false);
});
