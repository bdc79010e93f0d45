import { expect, test } from 'vitest';
import { secretIn } from '../../../layers/secrets/secret-file.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

test.each([
  ['pässword\n', 'pässword'],
  ['pw\r\n', 'pw'],
  ['pw\n\n', 'pw\n'],
  [' p w ', ' p w '],
  ['pw\r', 'pw\r'],
])('%j holds %j', (text, secret) => {
  expect(secretIn(bytes(text))).toBe(secret);
});

test.each([
  [bytes(''), 'it is empty'],
  [bytes('\n'), 'it is empty'],
  [bytes('a\0b'), 'it has a NUL character'],
  [Uint8Array.of(0x61, 0xff), 'it is not text in UTF-8'],
  [new Uint8Array(65_537).fill(0x61), 'it has more than 65536 bytes'],
])('%# is refused: %s', (given, problem) => {
  expect(secretIn(given)).toEqual({ problem });
});
