import { expect, test } from 'vitest';
import { slotRoomBytes } from '../../../layers/wal/slot-room.ts';
import { flushedTo, parseWalStatus, retainedBytes, type WalStatus } from '../../../layers/wal/wal-status.ts';

const MB = 1024 ** 2;
const status: WalStatus = {
  format: 'pgvouch/wal-status',
  formatVersion: 1,
  systemIdentifier: '7431234567890123456',
  askedAt: '2026-11-28T02:00:00.000Z',
  timeline: 1,
  flushedLsn: '0/3000000',
  caughtUpAt: '2026-11-28T02:00:00.000Z',
  slot: { name: 'pgvouch', state: 'held', restartLsn: '0/2000000', limitBytes: 64 * MB, roomBytes: 64 * MB },
};

test('a status is read as it was written, and says what the slot keeps', () => {
  expect(parseWalStatus(JSON.stringify(status), 'status.json')).toEqual(status);
  expect(retainedBytes(status)).toBe(16 * MB);
  expect(flushedTo(status)).toBe(0x300_0000n);
  const lost = { ...status, slot: { name: 'pgvouch', state: 'lost' as const } };
  expect(parseWalStatus(JSON.stringify(lost), 'status.json')).toEqual(lost);
  expect(retainedBytes(lost)).toBeUndefined();
});

test('another document in its place is refused', () => {
  expect(() => parseWalStatus(JSON.stringify({ ...status, flushedLsn: '3000000' }), 'status.json')).toThrow(
    'read status.json: this is not a pgvouch/wal-status document',
  );
});

test.each([
  // The slot's segment is kept whole, and those that the limit has room for after it.
  { slotBytes: 64 * MB, alwaysBytes: 0, room: 80 * MB - MB },
  { slotBytes: 64 * MB, alwaysBytes: 128 * MB, room: 144 * MB - MB },
  // Less than a segment is none.
  { slotBytes: 15 * MB, alwaysBytes: 0, room: 16 * MB - MB },
  { slotBytes: undefined, alwaysBytes: 128 * MB, room: undefined },
  { slotBytes: 0, alwaysBytes: 0, room: undefined },
])('with $slotBytes bytes for slots and $alwaysBytes in any case, $room are left', ({ room, ...sizes }) => {
  const slot = { restartLsn: BigInt(3 * 16 * MB + 5), flushedTo: BigInt(3 * 16 * MB + MB) };
  expect(slotRoomBytes(slot, sizes, 16 * MB)).toBe(room);
});

test('once the server has written more than that, less than nothing is left', () => {
  const slot = { restartLsn: BigInt(16 * MB), flushedTo: BigInt(200 * MB) };
  expect(slotRoomBytes(slot, { slotBytes: 64 * MB, alwaysBytes: 0 }, 16 * MB)).toBe(-104 * MB);
});
