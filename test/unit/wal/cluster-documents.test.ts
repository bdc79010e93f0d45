import { expect, test } from 'vitest';
import { type Base, parseBase } from '../../../layers/wal/base.ts';
import { type Cluster, parseCluster } from '../../../layers/wal/cluster.ts';

const cluster: Cluster = {
  format: 'pgvouch/cluster',
  formatVersion: 1,
  systemIdentifier: '7431234567890123456',
  segmentSizeBytes: 16 * 1024 * 1024,
  major: 18,
  createdAt: '2026-11-22T02:00:00.000Z',
};

const stored = { file: 'base.tar.zst', sizeBytes: 10, sha256: 'a'.repeat(64) };
const base: Base = {
  format: 'pgvouch/base',
  formatVersion: 1,
  systemIdentifier: cluster.systemIdentifier,
  startedAt: '2026-11-22T02:00:00.000Z',
  attempt: '0a7c9d3e-5b1f-4c2d-8e6a-1f2b3c4d5e6f',
  label: 'pgvouch 2026-11-22T02:00:00.000Z',
  timeline: 1,
  startLsn: '0/2000028',
  stopLsn: '0/2000120',
  stoppedAt: '2026-11-22T02:00:09.123Z',
  server: { version: '18.4', major: 18 },
  segmentSizeBytes: cluster.segmentSizeBytes,
  contentBytes: 40_000_000,
  tablespaces: [stored],
  manifest: { ...stored, file: 'backup_manifest' },
};

test('a cluster and a base backup are read as they were written', () => {
  expect(parseCluster(JSON.stringify(cluster), 'cluster.json')).toEqual(cluster);
  expect(parseBase(JSON.stringify(base), 'base.json')).toEqual(base);
});

test.each([
  ['a size that no segment has', { segmentSizeBytes: 3_000_000 }],
  ['an identifier that is none', { systemIdentifier: 'shop' }],
])('a cluster with %s is refused', (_, wrong) => {
  expect(() => parseCluster(JSON.stringify({ ...cluster, ...wrong }), 'cluster.json')).toThrow(
    'read cluster.json: this is not a pgvouch/cluster document',
  );
});

test.each([
  ['no files', { tablespaces: [] }],
  ['a position that is none', { stopLsn: '2000120' }],
])('a base backup with %s is refused', (_, wrong) => {
  expect(() => parseBase(JSON.stringify({ ...base, ...wrong }), 'base.json')).toThrow(
    'read base.json: this is not a pgvouch/base document',
  );
});
