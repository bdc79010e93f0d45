import { expect, test } from 'vitest';
import { planOrRefuse } from '../../../functions/by-hand/recover/plan-or-refuse.ts';
import type { StoredCluster } from '../../../layers/catalog/read-cluster.ts';
import { holdingsOf } from '../../../layers/wal/holdings.ts';
import type { RecoveryTarget } from '../../../layers/wal/recovery-plan.ts';
import type { StoredBase } from '../../../layers/wal/stored-base.ts';
import { baseOf } from '../../support/world/stored-bases.ts';
import { WAL_CLUSTER, WAL_PREFIX, WAL_SEGMENT, wholeAt } from '../../support/world/wal-listing.ts';

const at = (minutes: number) => new Date(Date.UTC(2026, 10, 27, 14, minutes));
const full = baseOf({ startedAt: at(1), startLsn: 0x100028n, stopLsn: 0x100128n });

/** WAL of segment 1 to 3, and of 5. */
function cluster(bases: readonly StoredBase[], numbers = [1, 2, 3, 5]): StoredCluster {
  const listing = numbers.map((number) => wholeAt(1, number, at(number)));
  return {
    cluster: {
      ...{ format: 'pgvouch/cluster', formatVersion: 1, systemIdentifier: WAL_CLUSTER, segmentSizeBytes: WAL_SEGMENT },
      ...{ major: 18, createdAt: at(0).toISOString() },
    },
    ...{
      entries: [],
      windowDays: 7,
      bases,
      holdings: holdingsOf(WAL_PREFIX, WAL_CLUSTER, listing, WAL_SEGMENT),
      histories: new Map(),
    },
  };
}

const time = (minutes: number): RecoveryTarget => ({ kind: 'time', at: at(minutes) });
const AFTER = '; the first after it is';

test.each<[string, StoredCluster, RecoveryTarget, string, string]>([
  [
    'PolicyError',
    cluster([full]),
    time(0),
    'no base backup had ended by then',
    'the nearest moments that can be reached: the first after it is 2026-11-27T14:01:01.000Z (--at-lsn 0/100128)',
  ],
  [
    'PolicyError',
    cluster([full], [1, 2, 3]),
    time(9),
    'the WAL in the bucket ends before',
    'the nearest moments that can be reached: the last before it is 2026-11-27T14:03:00.999Z (--at-lsn 0/400000)',
  ],
  [
    'PolicyError',
    cluster([full]),
    { kind: 'latest' },
    'the bucket lacks WAL from 0/400000 on timeline 1, and has later WAL: recovery cannot pass the gap',
    'the nearest moments that can be reached: the last before it is 2026-11-27T14:03:00.999Z (--at-lsn 0/400000)',
  ],
  [
    'PolicyError',
    cluster([full, baseOf({ startedAt: at(5), startLsn: 0x500028n, stopLsn: 0x500128n })]),
    time(4),
    'the bucket lacks WAL from 0/400000 on timeline 1, and has later WAL, and no base backup in between',
    `the nearest moments that can be reached: the last before it is 2026-11-27T14:03:00.999Z (--at-lsn 0/400000)${AFTER} 2026-11-27T14:05:01.000Z (--at-lsn 0/500128)`,
  ],
  [
    'ConfigError',
    cluster([]),
    { kind: 'latest' },
    'no base backup of timeline 1 is whole and has the WAL to its end',
    'timelines in the bucket: 1; --timeline takes one of them',
  ],
])('refuses with a %s', (name, stored, target, problem, hint) => {
  expect(() => planOrRefuse(stored, target, undefined)).toThrow(expect.objectContaining({ name, problem, hint }));
});

test('names the cluster and the target', () => {
  expect(() => planOrRefuse(cluster([full]), { kind: 'lsn', lsn: 1n }, undefined)).toThrow(
    `plan recovery of cluster ${WAL_CLUSTER} to position 0/1: `,
  );
  expect(() => planOrRefuse(cluster([full]), { kind: 'lsn', lsn: 1n }, 7)).toThrow('nothing is stored of timeline 7');
});
