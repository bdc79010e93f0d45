import { type Blob, type Entry, storedBytes } from '../../../layers/backup/catalog.ts';
import { OBSTACLE_CLASSES, obstaclesOf } from '../../../layers/backup/unproved.ts';
import { VERDICTS } from '../../../layers/backup/verdict.ts';
import type { Listed } from '../../../layers/catalog/listing/folders.ts';
import { type DatabaseState, isRetired, type Observation, verdictOf } from '../observe/observation.ts';
import { ageOf, databaseGauge, instantOf, type Metric, type Sample, sample } from './metric.ts';

const WHOSE = 'An empty database label covers whatever belongs to no database.';

/** What lies in the bucket. */
export const STOCK_METRICS: readonly Metric[] = [
  byVerdict(
    'backups',
    'Backups by verdict; none means not verified yet. Retired backups are not counted.',
    ({ length }) => length,
  ),
  byVerdict(
    'backup_size_bytes',
    'Size of the backups in the bucket, by verdict. Retired backups are not counted.',
    bytesOf,
  ),
  databaseGauge(
    'restorable_ratio',
    'Share of the backups with a verdict that are restorable. Retired backups are not counted. No sample if there are none.',
    (state) => ratioOf(backupsOf(state)?.filter((entry) => !isRetired(entry)) ?? []),
  ),
  {
    name: 'unproved',
    type: 'gauge',
    help: 'Whether something of this class keeps the newest backup that has a verdict from being restorable.',
    labels: ['database', 'class'],
    samples: ({ databases }) =>
      databases.flatMap(({ database, newestVerdict }) => {
        if (!newestVerdict) return [];
        const classes = obstaclesOf(newestVerdict).map((one) => one.class);
        return OBSTACLE_CLASSES.map((name) => ({
          labels: { database, class: name },
          value: Number(classes.includes(name)),
        }));
      }),
  },
  databaseGauge(
    'retired_backups',
    'Backups that are retired but not removed yet.',
    (state) => backupsOf(state)?.filter(isRetired).length,
  ),
  databaseGauge('retired_backup_size_bytes', 'Size of the retired backups that are not removed yet.', (state) =>
    mapped(backupsOf(state)?.filter(isRetired), bytesOf),
  ),
  databaseGauge(
    'orphaned_archives',
    'Archives and globals without a manifest; the sweep clears them. A running dump shows as one or two.',
    (state) => orphansOf(state)?.length,
  ),
  databaseGauge('orphaned_archive_size_bytes', 'Size of the archives and globals without a manifest.', (state) =>
    orphansOf(state)?.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  ),
  withStrays('objects', `All objects below the prefix. ${WHOSE}`, ({ objects }) => objects),
  withStrays(
    'object_size_bytes',
    `Size of all objects below the prefix. ${WHOSE}`,
    ({ objectSizeBytes }) => objectSizeBytes,
  ),
  databaseGauge(
    'unreadable_manifests',
    'Manifests that were read but not understood: damaged, or from a newer version. The log names them.',
    ({ listed, unreadableManifests }) => listed && unreadableManifests.length,
  ),
  databaseGauge(
    'future_backups',
    'Backups dated in the future, because a clock was wrong. One counts as the newest only if there are no others.',
    ({ listed, futureBackups }) => listed && futureBackups,
  ),
  withStrays('failures', `Failure records in the bucket. ${WHOSE}`, ({ failures }) => failures.length),
  withStrays(
    'last_failure_timestamp_seconds',
    `When a function last failed for good; 0 if never. ${WHOSE}`,
    ({ failures: [newest] }) => instantOf(newest?.at ?? null),
  ),
  withStrays(
    'last_failure_age_seconds',
    `Time since a function last failed for good. No sample if never. ${WHOSE}`,
    ({ failures: [newest] }, observation) => ageOf(newest?.at, observation),
  ),
];

function byVerdict(name: string, help: string, value: (entries: readonly Entry[]) => number): Metric {
  const samples = ({ databases }: Observation): Sample[] =>
    databases.flatMap((state) => {
      const { database } = state;
      const backups = backupsOf(state)?.filter((entry) => !isRetired(entry));
      if (backups === undefined) return [];
      return [...VERDICTS, undefined].map((verdict) => ({
        labels: { database, verdict: verdict ?? 'none' },
        value: value(backups.filter((entry) => verdictOf(entry) === verdict)),
      }));
    });
  return { name, type: 'gauge', help, labels: ['database', 'verdict'], samples };
}

/** A gauge of every database, and of what belongs to none. */
function withStrays(
  name: string,
  help: string,
  value: (listed: Listed, observation: Observation) => number | undefined,
): Metric {
  const samples = (observation: Observation): Sample[] =>
    [...observation.databases, { database: '', listed: observation.strays }].flatMap(({ database, listed }) =>
      sample(
        { database },
        mapped(listed, (known) => value(known, observation)),
      ),
    );
  return { name, type: 'gauge', help, labels: ['database'], samples };
}

function backupsOf({ listed }: DatabaseState): Entry[] | undefined {
  return listed?.entries.filter(({ manifest }) => manifest !== undefined);
}

function orphansOf({ listed }: DatabaseState): Blob[] | undefined {
  return listed?.entries
    .filter(({ manifest }) => manifest === undefined)
    .flatMap(({ archives, globals }) => [...archives, ...globals]);
}

function ratioOf(backups: readonly Entry[]): number | undefined {
  const verdicts = backups.map(verdictOf).filter((verdict) => verdict !== undefined);
  if (verdicts.length === 0) return undefined;
  return verdicts.filter((verdict) => verdict === 'restorable').length / verdicts.length;
}

function bytesOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, entry) => sum + storedBytes(entry), 0);
}

function mapped<T, R>(value: T | undefined, map: (value: T) => R): R | undefined {
  return value === undefined ? undefined : map(value);
}
