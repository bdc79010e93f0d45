import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatFiredAt, parseFiredAt } from '../../../layers/backup/instant.ts';
import { decodeSegment, encodeSegment } from '../../../layers/backup/key-segment.ts';
import {
  acceptedKey,
  archiveKey,
  backupFolder,
  databaseFolder,
  drillKey,
  failureKey,
  globalsKey,
  keptKey,
  manifestKey,
  parseKey,
  retentionReportKey,
  retiredKey,
  serverKey,
  undoneKey,
  verdictKey,
} from '../../../layers/backup/keys.ts';
import { VERDICTS } from '../../../layers/backup/verdict.ts';

const PREFIX = 'pgvouch/';
const ATTEMPT = '0a7c9d3e-5b1f-4c2d-8e6a-1f2b3c4d5e6f';
const shop = { database: 'shop', firedAt: new Date('2026-11-22T02:00:00Z') };

test('golden: these keys stand in buckets, and never change', () => {
  const folder = 'pgvouch/shop/2026-11-22T02-00-00Z/';
  expect(databaseFolder(PREFIX, 'shop')).toBe('pgvouch/shop/');
  expect(backupFolder(PREFIX, shop)).toBe(folder);
  expect(archiveKey(PREFIX, shop, ATTEMPT)).toBe(`${folder}archive-${ATTEMPT}.dump`);
  expect(globalsKey(PREFIX, shop, ATTEMPT)).toBe(`${folder}globals-${ATTEMPT}.sql`);
  expect(manifestKey(PREFIX, shop)).toBe(`${folder}manifest.json`);
  expect(VERDICTS.map((verdict) => verdictKey(PREFIX, shop, verdict))).toEqual([
    `${folder}verdict-restorable.json`,
    `${folder}verdict-readable.json`,
    `${folder}verdict-intact.json`,
    `${folder}verdict-unrestorable.json`,
    `${folder}verdict-corrupt.json`,
  ]);
  expect(drillKey(PREFIX, shop)).toBe(`${folder}drill.json`);
  expect(retiredKey(PREFIX, shop)).toBe(`${folder}retired.json`);
  expect(undoneKey(PREFIX, shop)).toBe(`${folder}undone.json`);
  expect(keptKey(PREFIX, shop)).toBe(`${folder}kept.json`);
  const at = new Date('2026-11-22T02:15:30.042Z');
  expect(failureKey(PREFIX, 'shop', at)).toBe('pgvouch/shop/failures/2026-11-22T02-15-30.042Z.json');
  expect(failureKey(PREFIX, undefined, at)).toBe('pgvouch/failures/2026-11-22T02-15-30.042Z.json');
  expect(acceptedKey(PREFIX, shop)).toBe(`${folder}accepted.json`);
  expect(serverKey(PREFIX, 'shop')).toBe('pgvouch/shop/server.json');
  expect(retentionReportKey('a/b/')).toBe('a/b/retention.json');
});

test.each([
  ['shop', 'shop'],
  ['Shop_2-b', 'Shop_2-b'],
  ['v1.2', 'v1.2'],
  ['.hidden', '!2Ehidden'],
  ['..', '!2E.'],
  ['a b', 'a!20b'],
  ['a/b', 'a!2Fb'],
  ['50%', '50!25'],
  ['wow!', 'wow!21'],
  ['"quoted"', '!22quoted!22'],
  ['Käse', 'K!C3!A4se'],
  ['🐘', '!F0!9F!90!98'],
])('golden: the database %j is the segment %s', (name, segment) => {
  expect(encodeSegment(name)).toBe(segment);
  expect(decodeSegment(segment)).toBe(name);
});

describe('keys that are not ours', () => {
  test.each([
    'other/shop/2026-11-22T02-00-00Z/manifest.json',
    'pgvouch/shop/manifest.json',
    'pgvouch/shop/2026-11-22T02-00-00Z/',
    'pgvouch/shop/2026-11-22T02-00-00Z/notes.txt',
    'pgvouch/shop/2026-11-22T02-00-00Z/manifest.json.bak',
    'pgvouch/shop/2026-11-22T02:00:00Z/manifest.json',
    'pgvouch/shop/2026-02-31T02-00-00Z/manifest.json',
    'pgvouch/shop/2026-11-22T25-00-00Z/manifest.json',
    'pgvouch/a b/2026-11-22T02-00-00Z/manifest.json',
    'pgvouch/a!2fb/2026-11-22T02-00-00Z/manifest.json',
    'pgvouch/a!41b/2026-11-22T02-00-00Z/manifest.json',
    'pgvouch/!FF/2026-11-22T02-00-00Z/manifest.json',
    'pgvouch//2026-11-22T02-00-00Z/manifest.json',
    `pgvouch/shop/2026-11-22T02-00-00Z/archive-${ATTEMPT}.sql`,
    `pgvouch/shop/2026-11-22T02-00-00Z/globals-${ATTEMPT}.dump`,
    'pgvouch/shop/2026-11-22T02-00-00Z/archive-1.dump',
    'pgvouch/shop/2026-11-22T02-00-00Z/verdict-fine.json',
    'pgvouch/shop/failures/2026-11-22T02-15-30Z.json',
    'pgvouch/retention.json',
  ])('%s', (key) => {
    expect(parseKey(PREFIX, key)).toBeUndefined();
  });
});

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 63 });
const instant = fc.date({ min: new Date('2000-01-01'), max: new Date('2999-12-31'), noInvalidDate: true });
const second = instant.map((at) => new Date(Math.floor(at.getTime() / 1000) * 1000));
const prefix = fc.constantFrom('pgvouch/', 'a/b/', 'deep/er/and-deeper_/');

test('every name comes back, as one segment of safe characters, and no two share one', () => {
  fc.assert(
    fc.property(name, name, (one, other) => {
      expect(encodeSegment(one)).toMatch(/^[A-Za-z0-9_!-][A-Za-z0-9_.!-]*$/);
      expect(decodeSegment(encodeSegment(one))).toBe(one);
      expect(encodeSegment(one) === encodeSegment(other)).toBe(one === other);
    }),
  );
});

test('every key is parsed into what it was made of', () => {
  fc.assert(
    fc.property(prefix, name, second, fc.uuid(), instant, (at, database, firedAt, attempt, failedAt) => {
      const backup = { database, firedAt };
      expect(parseKey(at, archiveKey(at, backup, attempt))).toEqual({ kind: 'archive', ...backup, attempt });
      expect(parseKey(at, globalsKey(at, backup, attempt))).toEqual({ kind: 'globals', ...backup, attempt });
      expect(parseKey(at, manifestKey(at, backup))).toEqual({ kind: 'manifest', ...backup });
      expect(parseKey(at, drillKey(at, backup))).toEqual({ kind: 'drill', ...backup });
      expect(parseKey(at, retiredKey(at, backup))).toEqual({ kind: 'retired', ...backup });
      expect(parseKey(at, undoneKey(at, backup))).toEqual({ kind: 'undone', ...backup });
      expect(parseKey(at, keptKey(at, backup))).toEqual({ kind: 'kept', ...backup });
      for (const verdict of VERDICTS) {
        expect(parseKey(at, verdictKey(at, backup, verdict))).toEqual({ kind: 'verdict', ...backup, verdict });
      }
      expect(parseKey(at, failureKey(at, database, failedAt))).toEqual({ kind: 'failure', database, at: failedAt });
    }),
  );
});

test('firings sort as text, in the order of time, and come back', () => {
  fc.assert(
    fc.property(second, second, (one, other) => {
      expect(parseFiredAt(formatFiredAt(one))).toEqual(one);
      expect(formatFiredAt(one) < formatFiredAt(other)).toBe(one.getTime() < other.getTime());
    }),
  );
});

test('no text whatever is taken for a key of ours unless it prints again the same', () => {
  const pieces = fc.constantFrom(
    'pgvouch/',
    'shop',
    '/',
    '2026-11-22T02-00-00Z',
    'manifest.json',
    'failures/',
    '!2F',
    '..',
    ATTEMPT,
    'archive-',
    '.dump',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 3 })), { maxLength: 8 }), (parts) => {
      const key = parts.join('');
      const parsed = parseKey(PREFIX, key);
      if (parsed?.kind === 'manifest') expect(manifestKey(PREFIX, parsed)).toBe(key);
      if (parsed?.kind === 'archive') expect(archiveKey(PREFIX, parsed, parsed.attempt)).toBe(key);
    }),
    { numRuns: 500 },
  );
});
