import { VERDICTS } from '../../../layers/backup/verdict.ts';
import { retainedBytes } from '../../../layers/wal/wal-status.ts';
import type { ClusterState, Observation } from '../observe/observation.ts';
import { ageOf, gauge, instantOf, type Metric, type Sample, sample, secondsOf } from './metric.ts';

const NEVER = '0 if there is none.';
const NOT_DUE = 'No sample if there was none yet, or none is due any more.';
const NO_STATUS = 'No sample if wal has left no status.';

/** Point-in-time recovery, by cluster. */
export const CLUSTER_METRICS: readonly Metric[] = [
  gauge('pitr_enabled', '1 if WAL is to be archived (PITR=on), else 0.', ({ pitr }) => Number(pitr)),
  clusterGauge(
    'cluster_configured',
    '1 if WAL of the cluster is to be archived; 0 if PITR is off, or the server has another cluster since, as after an upgrade.',
    ({ configured }) => Number(configured),
  ),
  clusterGauge(
    'wal_archived_lsn_bytes',
    'Where the WAL in the bucket ends: the LSN as a number of bytes. No sample if there is none.',
    ({ standing: { archivedTo } }) => (archivedTo === undefined ? undefined : Number(archivedTo)),
  ),
  clusterGauge(
    'wal_archived_timestamp_seconds',
    `When the newest WAL was stored; ${NEVER}`,
    ({ standing: { archivedAt } }) => instantOf(archivedAt ?? null),
  ),
  clusterGauge(
    'wal_lag_bytes',
    `WAL that the server had when it was last asked, and that the bucket lacks. ${NO_STATUS}`,
    ({ standing: { lagBytes } }) => lagBytes,
  ),
  clusterGauge(
    'wal_lag_seconds',
    `How far behind the server the bucket was when the server was last asked. ${NO_STATUS}`,
    ({ standing: { lagMs } }) => secondsOf(lagMs),
  ),
  clusterGauge(
    'recovery_point_timestamp_seconds',
    `The last moment up to which the bucket is known to hold all WAL; ${NEVER}`,
    ({ standing: { recoveryPointAt } }) => instantOf(recoveryPointAt ?? null),
  ),
  clusterGauge(
    'recovery_point_age_seconds',
    'The RPO now: if the server were lost, at most what it wrote in so many seconds would be lost. No sample if no moment is known.',
    ({ standing: { recoveryPointAt } }, observation) => ageOf(recoveryPointAt, observation),
  ),
  clusterGauge(
    'recovery_window_start_timestamp_seconds',
    `The first moment of the newest stretch of time to every second of which the cluster can be recovered; ${NEVER}`,
    ({ standing: { window } }) => instantOf(window?.from.at ?? null),
  ),
  clusterGauge(
    'recovery_window_end_timestamp_seconds',
    `The last moment of that stretch: when its last WAL was stored; ${NEVER}`,
    ({ standing: { window } }) => instantOf(window?.to.at ?? null),
  ),
  clusterGauge(
    'wal_gaps',
    'Places where WAL is missing that recovery from some base backup would need.',
    ({ standing: { gaps } }) => gaps.length,
  ),
  clusterGauge(
    'wal_open_gaps',
    'Those of them that no base backup was begun after: recovery does not get past them.',
    ({ standing: { openGaps } }) => openGaps.length,
  ),
  clusterGauge(
    'wal_size_bytes',
    'Size of the WAL in the bucket, compressed.',
    ({ standing: { walBytes } }) => walBytes,
  ),
  clusterGauge(
    'last_base_backup_timestamp_seconds',
    `When the newest base backup ended that recovery can begin with; ${NEVER}`,
    ({ standing: { lastBase } }) => instantOf(lastBase?.stoppedAt ?? null),
  ),
  clusterGauge(
    'base_backup_overdue_timestamp_seconds',
    `When the next base backup is overdue, by BASE_SCHEDULE, and BASE_INCREMENT_SCHEDULE where increments come. ${NOT_DUE}`,
    ({ baseOverdueAt }) => instantOf(baseOverdueAt),
  ),
  {
    name: 'base_backups',
    type: 'gauge',
    help: 'Base backups by the verdict of the recovery drill; none means that there was no drill yet. Retired ones are not counted.',
    labels: ['cluster', 'server', 'verdict'],
    samples: ({ clusters = [] }) =>
      clusters.flatMap((state) =>
        [...VERDICTS, undefined].map((verdict) => ({
          labels: { ...labelsOf(state), verdict: verdict ?? 'none' },
          value: state.bases.filter((base) => !base.retired && base.verdict === verdict).length,
        })),
      ),
  },
  clusterGauge(
    'base_backup_size_bytes',
    'Size of the base backups in the bucket.',
    ({ standing: { baseBytes } }) => baseBytes,
  ),
  clusterGauge(
    'last_recovery_drill_timestamp_seconds',
    `When a recovery drill last brought a base backup and its WAL back; ${NEVER}`,
    ({ standing: { lastProved } }) => instantOf(lastProved?.verdictAt ?? null),
  ),
  clusterGauge(
    'recovery_drill_overdue_timestamp_seconds',
    `When the next recovery drill is overdue, by RECOVERY_SCHEDULE. ${NOT_DUE}`,
    ({ drillOverdueAt }) => instantOf(drillOverdueAt),
  ),
  clusterGauge(
    'slot_held',
    `1 if the server keeps WAL for the replication slot, 0 if the slot is lost or missing: then there will be a gap. ${NO_STATUS}`,
    ({ status }) => (status ? Number(status.slot.state === 'held') : undefined),
  ),
  clusterGauge(
    'slot_retained_bytes',
    'WAL that the server kept on its disk for the slot when it was last asked, before that run archived it. No sample unless the slot is held.',
    ({ status }) => (status ? retainedBytes(status) : undefined),
  ),
  clusterGauge(
    'slot_limit_bytes',
    'The most WAL that the server keeps for slots: max_slot_wal_keep_size. No sample without a limit.',
    ({ status }) => status?.slot.limitBytes,
  ),
  clusterGauge(
    'slot_room_bytes',
    "WAL that the server could still write before the slot loses what it holds (PostgreSQL's safe_wal_size). The free room on the server's disk cannot be asked. No sample without a limit.",
    ({ status }) => status?.slot.roomBytes,
  ),
  clusterGauge(
    'wal_status_timestamp_seconds',
    'When wal last left a status: about every five minutes while it runs; 0 if never.',
    ({ status }) => instantOf(status === null ? null : status?.askedAt),
  ),
];

/** A gauge of every cluster. */
function clusterGauge(
  name: string,
  help: string,
  value: (state: ClusterState, observation: Observation) => number | undefined,
): Metric {
  const samples = (observation: Observation): Sample[] =>
    (observation.clusters ?? []).flatMap((state) => sample(labelsOf(state), value(state, observation)));
  return { name, type: 'gauge', help, labels: ['cluster', 'server'], samples };
}

function labelsOf({ cluster, server }: ClusterState) {
  return { cluster: cluster.systemIdentifier, server };
}
