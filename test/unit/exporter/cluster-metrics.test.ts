import { expect, test } from 'vitest';
import { formatMetrics } from '../../../functions/exporter/metrics/format-metrics.ts';
import type { ClusterState, Observation } from '../../../functions/exporter/observe/observation.ts';
import type { ListedObject } from '../../../layers/backup/catalog.ts';
import { standingOf } from '../../../layers/wal/standing.ts';
import type { StoredBase } from '../../../layers/wal/stored-base.ts';
import type { WalStatus } from '../../../layers/wal/wal-status.ts';
import { parsePrometheusText } from '../../support/prometheus/prometheus-text.ts';
import { OBSERVED_AT, sampleObservation } from '../../support/status/observation.ts';
import { baseOf } from '../../support/world/stored-bases.ts';
import { heldIn, partialAt, WAL_CLUSTER, WAL_SEGMENT, wholeAt } from '../../support/world/wal-listing.ts';

const minutesAgo = (minutes: number) => new Date(OBSERVED_AT.getTime() - minutes * 60_000);
const seconds = (at: Date) => at.getTime() / 1_000;

const status: WalStatus = {
  ...{ format: 'pgvouch/wal-status', formatVersion: 1, systemIdentifier: WAL_CLUSTER, timeline: 1 },
  ...{ askedAt: minutesAgo(2).toISOString(), flushedLsn: '0/200900', caughtUpAt: minutesAgo(12).toISOString() },
  slot: { name: 'pgvouch', state: 'held', restartLsn: '0/200000', limitBytes: 1_000_000, roomBytes: 900_000 },
};

function stateOf(
  bases: readonly StoredBase[],
  listing: readonly ListedObject[],
  left: WalStatus | null = status,
): ClusterState {
  return {
    cluster: {
      ...{ format: 'pgvouch/cluster', formatVersion: 1, systemIdentifier: WAL_CLUSTER },
      ...{ segmentSizeBytes: WAL_SEGMENT, major: 18, createdAt: minutesAgo(90).toISOString() },
    },
    ...{ server: 'db', configured: true, bases, status: left },
    ...{ baseOverdueAt: undefined, drillOverdueAt: undefined },
    standing: standingOf({ bases, holdings: heldIn(listing), histories: new Map() }, left ?? undefined),
  };
}

async function samplesOf(changes: Partial<Observation>): Promise<Record<string, number>> {
  const { body } = await formatMetrics([sampleObservation({ databases: [], ...changes })], { version: '1' });
  const labels = `cluster="${WAL_CLUSTER}",server="db"`;
  return Object.fromEntries(
    [...parsePrometheusText(body)].flatMap(([id, value]) =>
      id.includes(labels) ? [[id.replace('pgvouch_', '').replace(labels, '').replace('{}', ''), value]] : [],
    ),
  );
}

test('a cluster with a base backup, a drill, a gap and a server that is ahead', async () => {
  const proved = { verdict: 'restorable', verdictAt: minutesAgo(30) } as const;
  const base = baseOf({ startedAt: minutesAgo(60), startLsn: 0x100000n, stopLsn: 0x100100n, ...proved });
  const later = baseOf({ startedAt: minutesAgo(50), startLsn: 0x200000n, stopLsn: 0x200100n });
  const listing = [partialAt(1, 1, 0x90000, minutesAgo(55)), partialAt(1, 2, 0x800, minutesAgo(5))];
  const due = { baseOverdueAt: minutesAgo(-60), drillOverdueAt: minutesAgo(-120) };
  expect(await samplesOf({ pitr: true, clusters: [{ ...stateOf([base, later], listing), ...due }] })).toEqual({
    cluster_configured: 1,
    wal_archived_lsn_bytes: 0x200800,
    wal_archived_timestamp_seconds: seconds(minutesAgo(5)),
    wal_lag_bytes: 0x100,
    wal_lag_seconds: 600,
    recovery_point_timestamp_seconds: seconds(minutesAgo(12)),
    recovery_point_age_seconds: 720,
    recovery_window_start_timestamp_seconds: seconds(later.stoppedAt),
    recovery_window_end_timestamp_seconds: seconds(minutesAgo(5)) + 0.999,
    wal_gaps: 1,
    wal_open_gaps: 0,
    wal_size_bytes: 2_000,
    last_base_backup_timestamp_seconds: seconds(later.stoppedAt),
    base_backup_overdue_timestamp_seconds: seconds(minutesAgo(-60)),
    'base_backups{,verdict="restorable"}': 1,
    'base_backups{,verdict="readable"}': 0,
    'base_backups{,verdict="intact"}': 0,
    'base_backups{,verdict="unrestorable"}': 0,
    'base_backups{,verdict="corrupt"}': 0,
    'base_backups{,verdict="none"}': 1,
    base_backup_size_bytes: 4_000,
    last_recovery_drill_timestamp_seconds: seconds(minutesAgo(30)),
    recovery_drill_overdue_timestamp_seconds: seconds(minutesAgo(-120)),
    slot_held: 1,
    slot_retained_bytes: 0x900,
    slot_limit_bytes: 1_000_000,
    slot_room_bytes: 900_000,
    wal_status_timestamp_seconds: seconds(minutesAgo(2)),
  });
});

test('what there never was is an instant of 0; what nobody said has no sample', async () => {
  const samples = await samplesOf({ clusters: [stateOf([], [], null)] });
  expect(samples).toMatchObject({
    ...{
      wal_archived_timestamp_seconds: 0,
      recovery_point_timestamp_seconds: 0,
      last_base_backup_timestamp_seconds: 0,
    },
    ...{ recovery_window_start_timestamp_seconds: 0, last_recovery_drill_timestamp_seconds: 0 },
    ...{ wal_gaps: 0, wal_status_timestamp_seconds: 0 },
  });
  for (const name of [
    'wal_lag_bytes',
    'recovery_point_age_seconds',
    'base_backup_overdue_timestamp_seconds',
    'recovery_drill_overdue_timestamp_seconds',
    'slot_held',
    'slot_retained_bytes',
    'slot_limit_bytes',
  ])
    expect(samples).not.toHaveProperty(name);
});

test('a slot that is lost keeps nothing, and one without a limit has no room to tell of', async () => {
  const lost: WalStatus = { ...status, slot: { name: 'pgvouch', state: 'lost' } };
  const samples = await samplesOf({ clusters: [stateOf([], [wholeAt(1, 1)], lost)] });
  expect(samples.slot_held).toBe(0);
  expect(samples).not.toHaveProperty('slot_retained_bytes');
  expect(samples).not.toHaveProperty('slot_room_bytes');
});
