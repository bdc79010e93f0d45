import { lacksRepairs, shortVersion } from '../../../layers/backup/release.ts';
import { oldestProof, oldestUnverified, recentSizeMedian } from '../observe/derived.ts';
import { overdueOf } from '../observe/dump-due.ts';
import { dumpWaitsMs } from '../observe/found.ts';
import { type DatabaseState, fallOf, type Milestone } from '../observe/observation.ts';
import { ageOf, databaseGauge, gauge, instantOf, type Metric, type Sample, sample, secondsOf } from './metric.ts';

const NEVER = '0 if there never was one, no sample if none with a readable manifest has been found yet.';
const SNAPSHOT = 'Time of the data in';

/** How each database stands: its milestones. */
export const DATABASE_METRICS: readonly Metric[] = [
  databaseGauge(
    'database_configured',
    '1 if the database is to be backed up, by its name or because it was found on the server; 0 if it only appears in the bucket.',
    (state) => Number(state.configured),
  ),
  gauge(
    'databases_unknown',
    '1 if POSTGRES_DBS has patterns and the bucket has not said yet which databases were found, else 0. No sample without patterns.',
    ({ finds, found }) => (finds ? Number(found === undefined) : undefined),
  ),
  databaseGauge(
    'database_gone_timestamp_seconds',
    'When find first saw the server without the database. No sample if the server has it, or nothing is found by patterns.',
    ({ goneSince }) => instantOf(goneSince),
  ),
  {
    ...{ name: 'dump_wait_seconds', type: 'gauge', labels: ['database'] },
    help: 'How long after the firing the dump of the database begins, if those before it take what they took last. No sample if nothing is found by patterns.',
    samples: (observation) =>
      [...dumpWaitsMs(observation)].flatMap(([database, waitMs]) => sample({ database }, secondsOf(waitMs))),
  },
  {
    ...{ name: 'backup_overdue_timestamp_seconds', type: 'gauge', labels: ['database'] },
    help: "When the next backup is overdue by the database's schedule: an hour after its firing, or twice as long as the last dump took, and what those before it take. No sample if the schedule is unknown, or there is no backup.",
    samples: (observation) => {
      const waitsMs = dumpWaitsMs(observation);
      return observation.databases.flatMap((state) => {
        const overdueAt = overdueOf(state, waitsMs.get(state.database) ?? 0);
        return sample({ database: state.database }, instantOf(overdueAt));
      });
    },
  },
  databaseGauge('last_success_timestamp_seconds', `${SNAPSHOT} the newest backup; ${NEVER}`, ({ newest }) =>
    instantOf(snapshotOf(newest)),
  ),
  databaseGauge(
    'last_verified_timestamp_seconds',
    `${SNAPSHOT} the newest backup with a good verdict (restorable or readable); ${NEVER}`,
    ({ newestGood }) => instantOf(snapshotOf(newestGood)),
  ),
  databaseGauge(
    'last_restorable_timestamp_seconds',
    `${SNAPSHOT} the newest backup that was restored and compared equal; ${NEVER}`,
    ({ newestRestorable }) => instantOf(snapshotOf(newestRestorable)),
  ),
  databaseGauge(
    'oldest_restorable_timestamp_seconds',
    `${SNAPSHOT} the oldest restorable backup that is not retired: how far back you can go; ${NEVER}`,
    ({ oldestRestorable }) => instantOf(snapshotOf(oldestRestorable)),
  ),
  databaseGauge(
    'oldest_unverified_timestamp_seconds',
    'When the oldest backup without a verdict was finished. No sample if every backup has its verdict.',
    (state) => instantOf(oldestUnverified(state)),
  ),
  databaseGauge(
    'oldest_proof_timestamp_seconds',
    'When the good backup that is not retired and was looked at longest ago was proved, or looked at again. No sample if none is proved.',
    (state) => instantOf(oldestProof(state)),
  ),
  databaseGauge(
    'last_success_age_seconds',
    'Age of the data in the newest backup. No sample if there never was one.',
    (state, at) => ageOf(snapshotOf(state.newest), at),
  ),
  databaseGauge(
    'last_verified_age_seconds',
    'Age of the data in the newest backup with a good verdict. No sample if there never was one.',
    (state, at) => ageOf(snapshotOf(state.newestGood), at),
  ),
  databaseGauge(
    'last_restorable_age_seconds',
    'Age of the data in the newest restorable backup. No sample if there never was one.',
    (state, at) => ageOf(snapshotOf(state.newestRestorable), at),
  ),
  databaseGauge(
    'last_dump_duration_seconds',
    'Time the newest backup took, from the first connection to the last byte stored.',
    ({ newest }) => secondsOf(newest?.manifest.durationMs),
  ),
  databaseGauge(
    'last_dump_time_used_ratio',
    'Share of its time limit that the newest backup used, attempts that started over included. Above 0.7 it needs a higher limit.',
    ({ newest }) => newest?.manifest.timeUsedRatio,
  ),
  databaseGauge(
    'last_verify_duration_seconds',
    'Time it took to verify the newest backup that has a verdict.',
    ({ newestVerdict }) => secondsOf(newestVerdict?.durationMs),
  ),
  databaseGauge(
    'last_restore_duration_seconds',
    'Time it took to restore the newest restorable backup: the recovery time to expect on a similar machine.',
    ({ restorableVerdict }) => secondsOf(restorableVerdict?.drill?.restoreMs),
  ),
  {
    ...{ name: 'client_info', type: 'gauge', labels: ['database', 'version', 'server_version'] },
    help: 'Always 1. The labels name the version of the pg_dump that took the newest backup, and of its server.',
    samples: ({ databases }) => databases.flatMap(clientInfo),
  },
  databaseGauge(
    'client_older_than_server',
    '1 if the pg_dump that took the newest backup lacks fixes that its server has (same major, older minor version), else 0.',
    isOlderClient,
  ),
  databaseGauge(
    'client_built_timestamp_seconds',
    'When the pg_dump that took the newest backup was built. No sample if its folder does not say.',
    ({ newest }) => instantOf(newest?.manifest.clientBuiltAt),
  ),
  databaseGauge(
    'last_backup_partial',
    '1 if patterns left something of the database out of the newest backup (DUMP_EXCLUDE_…, DUMP_INCLUDE_…), else 0.',
    ({ newest }) => (newest ? Number(newest.manifest.leftOut !== undefined) : undefined),
  ),
  databaseGauge(
    'last_archive_size_bytes',
    "Size of the newest backup's archive.",
    ({ newest }) => newest?.manifest.archiveSizeBytes,
  ),
  databaseGauge(
    'recent_archive_size_median_bytes',
    'Median archive size of up to seven backups before the newest, for comparison with last_archive_size_bytes.',
    recentSizeMedian,
  ),
  databaseGauge(
    'contents_fallen',
    '1 if next to nothing is left in the newest backup of the rows or tables that were there, and nobody has accepted that; else 0.',
    ({ newest }) => (newest ? Number(fallOf(newest) !== undefined) : undefined),
  ),
  databaseGauge(
    'last_database_size_bytes',
    'Size of the database when the newest backup was taken.',
    ({ newest }) => newest?.manifest.databaseSizeBytes,
  ),
];

/** The programs of the newest dump, as its manifest has them. */
function clientInfo({ database, newest }: DatabaseState): Sample[] {
  if (newest?.manifest.clientVersion === undefined) return [];
  const { clientVersion, serverVersion } = newest.manifest;
  const versions = { version: shortVersion(clientVersion), server_version: shortVersion(serverVersion) };
  return sample({ database, ...versions }, 1);
}

function isOlderClient({ newest }: DatabaseState): number | undefined {
  if (newest?.manifest.clientVersion === undefined) return undefined;
  return Number(lacksRepairs(newest.manifest.clientVersion, newest.manifest.serverVersion));
}

function snapshotOf(milestone: Milestone | null | undefined): string | null | undefined {
  return milestone?.manifest.snapshotAt ?? (milestone === null ? null : undefined);
}
