import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseKey } from '../../../layers/backup/keys.ts';
import { VERDICTS } from '../../../layers/backup/verdict.ts';
import {
  baseFileKey,
  baseKey,
  baseMarkKey,
  baseVerdictKey,
  clusterKey,
  drillTimeKey,
  historyKey,
  type ParsedClusterKey,
  parseClusterKey,
  partialKey,
  segmentKey,
  walStatusKey,
  windowKey,
} from '../../../layers/wal/keys.ts';

const PREFIX = 'pgvouch/';
const ID = '7431234567890123456';
const SEGMENT = '00000002000000030000000A';
const ATTEMPT = '0a7c9d3e-5b1f-4c2d-8e6a-1f2b3c4d5e6f';
const base = { systemIdentifier: ID, startedAt: new Date('2026-11-22T02:00:00Z') };

test('golden: these keys stand in buckets, and never change', () => {
  const folder = `pgvouch/.clusters/${ID}`;
  expect(clusterKey(PREFIX, ID)).toBe(`${folder}/cluster.json`);
  expect(segmentKey(PREFIX, ID, SEGMENT)).toBe(`${folder}/wal/00000002000000030000000A.zst`);
  expect(partialKey(PREFIX, ID, SEGMENT, 0xabcde)).toBe(`${folder}/wal/00000002000000030000000A.000ABCDE.partial.zst`);
  expect(historyKey(PREFIX, ID, 2)).toBe(`${folder}/wal/00000002.history`);
  expect(walStatusKey(PREFIX, ID)).toBe(`${folder}/wal/status.json`);
  expect(windowKey(PREFIX, ID, 30)).toBe(`${folder}/wal/window-30.json`);
  expect(baseKey(PREFIX, base)).toBe(`${folder}/base/2026-11-22T02-00-00Z/base.json`);
  expect(baseFileKey(PREFIX, base, ATTEMPT, 'base.tar.zst')).toBe(
    `${folder}/base/2026-11-22T02-00-00Z/${ATTEMPT}/base.tar.zst`,
  );
  expect(baseVerdictKey(PREFIX, base, 'restorable')).toBe(
    `${folder}/base/2026-11-22T02-00-00Z/verdict-restorable.json`,
  );
  expect(baseMarkKey(PREFIX, base, 'retired')).toBe(`${folder}/base/2026-11-22T02-00-00Z/retired.json`);
});

const parsed: readonly [string, ParsedClusterKey][] = [
  [clusterKey(PREFIX, ID), { kind: 'cluster', systemIdentifier: ID }],
  [segmentKey(PREFIX, ID, SEGMENT), { kind: 'segment', systemIdentifier: ID, name: SEGMENT }],
  [
    partialKey(PREFIX, ID, SEGMENT, 16_777_216),
    { kind: 'partial', systemIdentifier: ID, name: SEGMENT, endOffset: 16_777_216 },
  ],
  [windowKey(PREFIX, ID, 30), { kind: 'window', systemIdentifier: ID, days: 30 }],
  [drillTimeKey(PREFIX, ID), { kind: 'drill-time', systemIdentifier: ID }],
  [historyKey(PREFIX, ID, 26), { kind: 'history', systemIdentifier: ID, timeline: 26 }],
  [baseKey(PREFIX, base), { kind: 'base', ...base }],
  [
    baseFileKey(PREFIX, base, ATTEMPT, '16385.tar.zst'),
    { kind: 'base-file', ...base, attempt: ATTEMPT, file: '16385.tar.zst' },
  ],
  ...VERDICTS.map((verdict): [string, ParsedClusterKey] => [
    baseVerdictKey(PREFIX, base, verdict),
    { kind: 'base-verdict', ...base, verdict },
  ]),
  [baseMarkKey(PREFIX, base, 'undone'), { kind: 'base-mark', ...base, mark: 'undone' }],
];

test.each(parsed)('%s is read again', (key, expected) => {
  expect(parseClusterKey(PREFIX, key)).toEqual(expected);
});

test.each(parsed)('%s is no object of a database', (key) => {
  expect(parseKey(PREFIX, key)).toBeUndefined();
});

test.each([
  'pgvouch/shop/2026-11-22T02-00-00Z/manifest.json',
  `other/.clusters/${ID}/cluster.json`,
  `pgvouch/.clusters/${ID}/cluster.json.bak`,
  'pgvouch/.clusters/0123/cluster.json',
  'pgvouch/.clusters/shop/cluster.json',
  `pgvouch/.clusters/${ID}/wal/${SEGMENT}`,
  `pgvouch/.clusters/${ID}/wal/${SEGMENT}.partial.zst`,
  `pgvouch/.clusters/${ID}/wal/${SEGMENT}.ABCDE.partial.zst`,
  `pgvouch/.clusters/${ID}/wal/${SEGMENT.toLowerCase()}.zst`,
  `pgvouch/.clusters/${ID}/wal/deep/${SEGMENT}.zst`,
  `pgvouch/.clusters/${ID}/wal/00000001.history`,
  `pgvouch/.clusters/${ID}/wal/`,
  `pgvouch/.clusters/${ID}/base/2026-02-31T02-00-00Z/base.json`,
  `pgvouch/.clusters/${ID}/base/2026-11-22T02-00-00Z/verdict-fine.json`,
  `pgvouch/.clusters/${ID}/base/2026-11-22T02-00-00Z/${ATTEMPT}/deep/base.tar.zst`,
  `pgvouch/.clusters/${ID}/base/2026-11-22T02-00-00Z/notes.txt`,
])('%s is not ours to touch', (key) => {
  expect(parseClusterKey(PREFIX, key)).toBeUndefined();
});

test('in the order of keys come a history, then its segments; of a segment the longer partial later, the whole last', () => {
  const offset = fc.integer({ min: 1, max: 0x4000_0000 });
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 0xffff_ffff }), offset, offset, (timeline, one, other) => {
      const name = `${timeline.toString(16).toUpperCase().padStart(8, '0')}0000000000000001`;
      const [shorter, longer] = [one, other].sort((a, b) => a - b);
      const keys = [
        historyKey(PREFIX, ID, timeline),
        partialKey(PREFIX, ID, name, shorter ?? 1),
        partialKey(PREFIX, ID, name, longer ?? 1),
        segmentKey(PREFIX, ID, name),
      ];
      expect([...keys].sort()).toEqual(keys);
    }),
  );
});

test('the status is known by its key, and comes after all WAL, as a window does: a listing of the newest shows them', () => {
  expect(parseClusterKey(PREFIX, walStatusKey(PREFIX, ID))).toEqual({ kind: 'wal-status', systemIdentifier: ID });
  const last = partialKey(PREFIX, ID, 'F'.repeat(24), 0xffff_ffff);
  for (const later of [walStatusKey(PREFIX, ID), windowKey(PREFIX, ID, 7)]) {
    expect([historyKey(PREFIX, ID, 0xffff_ffff), last].every((key) => key < later)).toBe(true);
  }
});
