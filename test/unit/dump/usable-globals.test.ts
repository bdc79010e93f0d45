import { expect, test } from 'vitest';
import { usableGlobals } from '../../../functions/dump/usable-globals.ts';
import { parseKey } from '../../../layers/backup/keys.ts';
import { parseSharedGlobalsKey, sharedGlobalsKey } from '../../../layers/backup/shared-globals-key.ts';

const prefix = 'pgvouch/';
const firedAt = new Date('2026-11-22T02:00:00Z');
const [state, other] = ['a'.repeat(32), 'b'.repeat(32)];
const sha = (digit: string) => digit.repeat(64);

function written(digit: string, minutes: number, of = state) {
  const name = { systemIdentifier: '7431234567890123456', firedAt, state: of, sha256: sha(digit) };
  const modifiedAt = new Date(firedAt.getTime() + 60_000 * minutes);
  return { key: sharedGlobalsKey(prefix, name), sizeBytes: 500, modifiedAt };
}

test('a key says server, firing, state and hash, and is no key of a database', () => {
  const { key } = written('1', 0);
  expect(key).toBe(`pgvouch/.globals/7431234567890123456/2026-11-22T02-00-00Z/globals-${state}-${sha('1')}.sql`);
  const name = { systemIdentifier: '7431234567890123456', firedAt, state, sha256: sha('1') };
  expect(parseSharedGlobalsKey(prefix, key)).toEqual(name);
  expect(parseKey(prefix, key)).toBeUndefined();
  const unknown = { ...name, systemIdentifier: null };
  expect(parseSharedGlobalsKey(prefix, sharedGlobalsKey(prefix, unknown))).toEqual(unknown);
});

test.each([
  `pgvouch/.globals/7431234567890123456/2026-11-22T02-00-00Z/globals-${state}.sql`,
  `pgvouch/.globals/7431234567890123456/2026-02-31T02-00-00Z/globals-${state}-${sha('1')}.sql`,
  `pgvouch/.globals/shop/2026-11-22T02-00-00Z/globals-${state}-${sha('1')}.sql`,
  `other/.globals/7431234567890123456/2026-11-22T02-00-00Z/globals-${state}-${sha('1')}.sql`,
])('%s is not ours', (key) => {
  expect(parseSharedGlobalsKey(prefix, key)).toBeUndefined();
});

test('the first of the same state is used, unless it is too old', () => {
  const listed = [written('3', 30), written('1', 10), written('2', 20), written('0', 0, other)];
  const from = (minutes: number) => ({ state, writtenAfter: new Date(firedAt.getTime() + 60_000 * minutes) });
  expect(usableGlobals(prefix, listed, from(0))).toEqual({
    ...{ key: written('1', 10).key, sizeBytes: 500, sha256: sha('1') },
  });
  expect(usableGlobals(prefix, listed, from(10))?.sha256).toBe(sha('2'));
  expect(usableGlobals(prefix, listed, from(30))).toBeUndefined();
  expect(usableGlobals(prefix, [], from(0))).toBeUndefined();
});
