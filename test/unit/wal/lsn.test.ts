import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatLsn, lsnSchema, parseLsn } from '../../../layers/wal/lsn.ts';

const lsn = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });

test.each([
  ['0/0', 0n],
  ['0/16B3748', 0x16b3748n],
  ['1/0', 0x1_0000_0000n],
  ['A/1', 0xa_0000_0001n],
  ['FFFFFFFF/FFFFFFFF', 0xffff_ffff_ffff_ffffn],
])('golden: %s', (text, position) => {
  expect(parseLsn(text)).toBe(position);
  expect(formatLsn(position)).toBe(text);
});

test('what PostgreSQL reads besides: lower case, and leading zeros', () => {
  expect(parseLsn('0/16b3748')).toBe(0x16b3748n);
  expect(parseLsn('00000001/016B3748')).toBe(0x1_016b_3748n);
});

test.each(['', '0', '/', '0/', '/0', '0/0/0', '0/123456789', 'G/0', '-1/0', ' 0/0', '0/0\n', '0x1/0'])(
  '%j is no position',
  (text) => {
    expect(parseLsn(text)).toBeUndefined();
  },
);

test('whatever is written is read again, and documents take it', () => {
  fc.assert(
    fc.property(lsn, (position) => {
      const text = formatLsn(position);
      return parseLsn(text) === position && lsnSchema.safeParse(text).success;
    }),
  );
});
