import { expect, test } from 'vitest';
import { asksForReply, readWalMessage, statusUpdate } from '../../../layers/postgres/replication/wal-messages.ts';

test('WAL has its position, and bytes after three numbers', () => {
  const message = Buffer.alloc(25 + 3);
  message.write('w');
  message.writeBigUInt64BE(0x1_0000_0028n, 1);
  message.writeBigUInt64BE(0x1_0000_2000n, 9);
  message.writeBigInt64BE(1_000_001n, 17);
  message.write('abc', 25);
  const said = readWalMessage(message);
  // Microseconds since 2000, rounded up.
  const sentAt = new Date('2000-01-01T00:00:01.001Z');
  expect(said).toMatchObject({ kind: 'wal', start: 0x1_0000_0028n, serverEnd: 0x1_0000_2000n, sentAt });
  expect(said.kind === 'wal' && said.bytes.toString()).toBe('abc');
  expect(asksForReply(message)).toBe(false);
});

test('a keepalive may ask for a reply', () => {
  const message = Buffer.alloc(18);
  message.write('k');
  message.writeBigUInt64BE(0x1_0000_2000n, 1);
  message.writeBigInt64BE(2_000_000n, 9);
  const sentAt = new Date('2000-01-01T00:00:02Z');
  expect(readWalMessage(message)).toEqual({ kind: 'keepalive', serverEnd: 0x1_0000_2000n, sentAt });
  expect(asksForReply(message)).toBe(false);
  message[17] = 1;
  expect(asksForReply(message)).toBe(true);
});

test.each(['x', 'w', 'k and more than it has'])('%s is no message of replication', (text) => {
  expect(() => readWalMessage(Buffer.from(text))).toThrow('unknown');
});

test('a status says what is stored as written and flushed, never as applied, and counts from 2000', () => {
  const message = statusUpdate(0x2_0000_0010n, Date.UTC(2000, 0, 1, 0, 0, 1));
  expect(message.length).toBe(34);
  expect(message.toString('latin1', 0, 1)).toBe('r');
  const numbers = [1, 9, 17, 25].map((at) => message.readBigUInt64BE(at));
  expect(numbers).toEqual([0x2_0000_0010n, 0x2_0000_0010n, 0n, 1_000_000n]);
  expect(message[33]).toBe(0);
  expect(statusUpdate(0n, 0, true)[33]).toBe(1);
});
