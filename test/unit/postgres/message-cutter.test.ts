import { expect, test } from 'vitest';
import { openMessageCutter } from '../../../layers/postgres/replication/message-cutter.ts';

const message = (kind: string, content: string | Buffer) => {
  const header = Buffer.alloc(5);
  header.write(kind);
  header.writeUInt32BE(4 + content.length, 1);
  return Buffer.concat([header, Buffer.from(content)]);
};
const MESSAGES = [
  message('W', '\0\0\0'),
  message('d', 'first'),
  message('d', ''),
  message('d', Buffer.alloc(300, 'long ')),
  message('N', 'a notice in between'),
  message('d', 'last'),
  message('c', ''),
  message('Z', 'I'),
];
const BYTES = Buffer.concat(MESSAGES);
const OTHERS = [0, 4, 6, 7].map((index) => MESSAGES[index]?.toString());

/** What is cut if the bytes come in pieces, each in the memory of the one before. */
function cut(pieces: readonly Buffer[]) {
  const copies: string[] = [];
  const others: Buffer[] = [];
  const cutter = openMessageCutter((other) => others.push(other));
  const memory = Buffer.alloc(BYTES.length);
  for (const piece of pieces) {
    piece.copy(memory);
    cutter.feed(memory.subarray(0, piece.length));
    for (let next = cutter.next(); next !== undefined; next = cutter.next()) copies.push(next.toString());
  }
  return { copies, others: others.map(String) };
}

const COPIES = ['first', '', 'long '.repeat(60), 'last'];

test('messages of a COPY come one by one, the others whole, wherever the bytes are split in two', () => {
  for (let at = 0; at <= BYTES.length; at++) {
    expect(cut([BYTES.subarray(0, at), BYTES.subarray(at)])).toEqual({ copies: COPIES, others: OTHERS });
  }
});

test.each([1, 2, 3, 7, 64])('the same in pieces of %d bytes', (size) => {
  const pieces = Array.from({ length: Math.ceil(BYTES.length / size) }, (_, index) =>
    BYTES.subarray(index * size, (index + 1) * size),
  );
  expect(cut(pieces)).toEqual({ copies: COPIES, others: OTHERS });
});

test('a message larger than any before fits', () => {
  const content = Buffer.alloc(1_000_000, 'larger than usual, ');
  const cutter = openMessageCutter(() => expect.unreachable('nothing else came'));
  const bytes = message('d', content);
  cutter.feed(bytes.subarray(0, 200_000));
  expect(cutter.next()).toBeUndefined();
  cutter.feed(bytes.subarray(200_000));
  expect(cutter.next()?.equals(content)).toBe(true);
  expect(cutter.next()).toBeUndefined();
});

test('nothing is read over bytes that are not cut yet', () => {
  const cutter = openMessageCutter(() => {});
  cutter.feed(BYTES);
  expect(cutter.next()?.toString()).toBe('first');
  expect(() => cutter.feed(BYTES)).toThrow('not cut yet');
});
