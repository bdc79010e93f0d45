import { lacksRepairs, shortVersion } from '../../../layers/backup/release.ts';
import { oldestUnverified, recentSizeMedian } from '../observe/derived.ts';
import type { DatabaseState, Milestone } from '../observe/observation.ts';
import { ageOf, databaseGauge, instantOf, type Metric, type Sample, sample, secondsOf } from './metric.ts';

const NEVER = '0 if never, no sample if none was found yet whose manifest can be read.';
const SNAPSHOT = 'The instant that its data shows';

/** How each database stands: its milestones. */
export const DATABASE_METRICS: readonly Metric[] = [
  databaseGauge('database_configured', '1 if the database is configured, 0 if only the bucket knows it.', (state) =>
    Number(state.configured),
  ),
  databaseGauge('last_success_timestamp_seconds', `${SNAPSHOT}, of the newest backup; ${NEVER}`, ({ newest }) =>
    instantOf(snapshotOf(newest)),
  ),
  databaseGauge(
    'last_verified_timestamp_seconds',
    `${SNAPSHOT}, of the newest backup with a good verdict (restorable or readable); ${NEVER}`,
    ({ newestGood }) => instantOf(snapshotOf(newestGood)),
  ),
  databaseGauge(
    'last_restorable_timestamp_seconds',
    `${SNAPSHOT}, of the newest backup that was restored and compared equal; ${NEVER}`,
    ({ newestRestorable }) => instantOf(snapshotOf(newestRestorable)),
  ),
  databaseGauge(
    'oldest_restorable_timestamp_seconds',
    `How far back one can go: the oldest restorable backup, retired ones not counted; ${NEVER}`,
    ({ oldestRestorable }) => instantOf(snapshotOf(oldestRestorable)),
  ),
  databaseGauge(
    'oldest_unverified_timestamp_seconds',
    'When the oldest backup without a verdict was finished; no sample if none waits for one.',
    (state) => instantOf(oldestUnverified(state)),
  ),
  databaseGauge(
    'last_success_age_seconds',
    'Age of the newest backup; no sample if there never was one.',
    (state, at) => ageOf(snapshotOf(state.newest), at),
  ),
  databaseGauge(
    'last_verified_age_seconds',
    'Age of the newest backup with a good verdict; no sample if there never was one.',
    (state, at) => ageOf(snapshotOf(state.newestGood), at),
  ),
  databaseGauge(
    'last_restorable_age_seconds',
    'Age of the newest restorable backup; no sample if there never was one.',
    (state, at) => ageOf(snapshotOf(state.newestRestorable), at),
  ),
  databaseGauge(
    'last_dump_duration_seconds',
    'How long the newest backup took, from the first connection to the last byte stored.',
    ({ newest }) => secondsOf(newest?.manifest.durationMs),
  ),
  databaseGauge(
    'last_dump_time_used_ratio',
    'How much of the time that it had the newest backup took, tries that started over included; from 0.7 on it wants more.',
    ({ newest }) => newest?.manifest.timeUsedRatio,
  ),
  databaseGauge(
    'last_verify_duration_seconds',
    'How long the newest backup that has a verdict took to be verified.',
    ({ newestVerdict }) => secondsOf(newestVerdict?.durationMs),
  ),
  databaseGauge(
    'last_restore_duration_seconds',
    'How long restoring the newest restorable backup took: the recovery time to expect of a like machine.',
    ({ restorableVerdict }) => secondsOf(restorableVerdict?.drill?.restoreMs),
  ),
  {
    ...{ name: 'client_info', type: 'gauge', labels: ['database', 'version', 'server_version'] },
    help: 'Always 1; its labels are the version of the pg_dump that took the newest backup, and that of its server.',
    samples: ({ databases }) => databases.flatMap(clientInfo),
  },
  databaseGauge(
    'client_older_than_server',
    '1 if the pg_dump that took the newest backup lacks repairs of its server: same major, older minor; 0 if not.',
    isOlderClient,
  ),
  databaseGauge(
    'client_built_timestamp_seconds',
    'When the pg_dump that took the newest backup was built; no sample if its folder does not state it.',
    ({ newest }) => instantOf(newest?.manifest.clientBuiltAt),
  ),
  databaseGauge(
    'last_archive_size_bytes',
    "Size of the newest backup's archive.",
    ({ newest }) => newest?.manifest.archiveSizeBytes,
  ),
  databaseGauge(
    'recent_archive_size_median_bytes',
    'The median size of the archives of up to seven backups before the newest: what last_archive_size_bytes is to be held against.',
    recentSizeMedian,
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
