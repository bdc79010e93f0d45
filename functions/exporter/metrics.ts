import { Gauge, Registry } from 'prom-client';
import type { Entry } from '../../layers/backup/catalog.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { VERDICTS } from '../../layers/backup/verdict.ts';
import { type Observation, verdictOf } from './look.ts';

export interface MetricsFacts {
  /** The databases that must show, backed up or not. */
  readonly databases: readonly string[];
  readonly version: string;
}

/**
 * Prometheus' text format of what the vault told. Every scrape has a registry of its own: nothing is left of a database
 * that is gone.
 *
 * What never happened is a timestamp of 0, as Prometheus advises, so that `time() - …` alone finds it. What could not be
 * told has no sample: 0 would be a lie.
 *
 * @see https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics
 */
export async function formatMetrics(
  observation: Observation,
  facts: MetricsFacts,
): Promise<{ readonly body: string; readonly contentType: string }> {
  const registry = new Registry();
  const gauge: MakeGauge = (name, help, labelNames = []) =>
    new Gauge({ name: `pgvouch_${name}`, help, labelNames, registers: [registry] });
  gauge('build_info', 'Always 1; the labels say which version runs.', ['version', 'node'])
    .labels(facts.version, process.version)
    .set(1);
  gauge('vault_up', '1 if the bucket answered everything that this scrape asked, else 0.').set(
    observation.vaultUp ? 1 : 0,
  );
  if (observation.listDurationMs !== undefined) {
    gauge('vault_list_duration_seconds', 'How long listing the bucket took at this scrape.').set(
      observation.listDurationMs / 1000,
    );
  }
  const configured = gauge(
    'database_configured',
    '1 if the database is configured, 0 if only the bucket knows it.',
    DB,
  );
  for (const database of facts.databases) configured.labels(database).set(1);
  setBackups(gauge, observation, facts.databases, configured);
  setFailures(gauge, observation, facts.databases);
  setRetention(gauge, observation);
  return { body: await registry.metrics(), contentType: registry.contentType };
}

type Label = 'database' | 'verdict' | 'version' | 'node';
type MakeGauge = (name: string, help: string, labelNames?: readonly Label[]) => Gauge<Label>;

const DB: readonly Label[] = ['database'];
const DB_VERDICT: readonly Label[] = ['database', 'verdict'];
const NEVER = '0 if never (or if none of the newest can be read).';

function setBackups(
  gauge: MakeGauge,
  { catalog, manifests }: Observation,
  databases: readonly string[],
  configured: Gauge<Label>,
): void {
  const success = gauge('last_success_timestamp_seconds', `Instant that the newest backup shows; ${NEVER}`, DB);
  const good = gauge(
    'last_verified_good_timestamp_seconds',
    `Instant that the newest backup with a good verdict (restorable or readable) shows; ${NEVER}`,
    DB,
  );
  const duration = gauge('last_dump_duration_seconds', 'How long the newest backup took to dump and store.', DB);
  const archive = gauge('last_archive_size_bytes', "Size of the newest backup's archive.", DB);
  const source = gauge('last_database_size_bytes', 'Size of the database when the newest backup was taken.', DB);
  const count = gauge(
    'backups',
    'Backups by verdict, "none" if not verified yet; retired ones not counted.',
    DB_VERDICT,
  );
  const bytes = gauge('backup_size_bytes', 'Bytes of those backups in the bucket.', DB_VERDICT);
  const retired = gauge('retired_backups', 'Backups marked by retention that are not removed yet.', DB);
  const retiredBytes = gauge('retired_backup_size_bytes', 'Bytes of retired backups in the bucket.', DB);
  const unreadable = gauge('unreadable_manifests', 'Newest manifests that are damaged or from a newer version.', DB);
  if (catalog === undefined) return;

  for (const database of new Set([...databases, ...catalog.entries.keys()])) {
    const backups = (catalog.entries.get(database) ?? []).filter(({ manifest }) => manifest !== undefined);
    if (!databases.includes(database)) configured.labels(database).set(0);
    for (const verdict of [...VERDICTS, undefined]) {
      const those = backups.filter((entry) => !isRetired(entry) && verdictOf(entry) === verdict);
      count.labels(database, verdict ?? 'none').set(those.length);
      bytes.labels(database, verdict ?? 'none').set(sizeOf(those));
    }
    retired.labels(database).set(backups.filter(isRetired).length);
    retiredBytes.labels(database).set(sizeOf(backups.filter(isRetired)));

    const newest = catalog.entries.has(database)
      ? manifests.get(database)
      : { backup: null, good: null, unreadable: 0 };
    if (newest === undefined) continue;
    unreadable.labels(database).set(newest.unreadable);
    if (newest.good !== undefined) good.labels(database).set(snapshotSeconds(newest.good));
    if (newest.backup === undefined) continue;
    success.labels(database).set(snapshotSeconds(newest.backup));
    if (newest.backup === null) continue;
    duration.labels(database).set(newest.backup.durationMs / 1000);
    archive.labels(database).set(newest.backup.archive.sizeBytes);
    source.labels(database).set(newest.backup.source.sizeBytes);
  }
}

function setFailures(gauge: MakeGauge, { catalog }: Observation, databases: readonly string[]): void {
  const whose = 'an empty label is for what belongs to no database';
  const last = gauge(
    'last_failure_timestamp_seconds',
    `When a function last failed for good; 0 if never; ${whose}.`,
    DB,
  );
  const count = gauge('failures', `Failure records in the bucket; ${whose}.`, DB);
  if (catalog === undefined) return;
  for (const database of new Set([...databases, ...catalog.entries.keys(), ...catalog.failures.keys(), undefined])) {
    const [newest, ...older] = catalog.failures.get(database) ?? [];
    last.labels(database ?? '').set(newest === undefined ? 0 : newest.at.getTime() / 1000);
    count.labels(database ?? '').set(newest === undefined ? 0 : 1 + older.length);
  }
}

function setRetention(gauge: MakeGauge, { retention }: Observation): void {
  if (retention === undefined) return;
  const last = gauge('retention_last_run_timestamp_seconds', 'When retention last ran; 0 if never.');
  last.set(retention === null ? 0 : Date.parse(retention.finishedAt) / 1000);
  if (retention === null) return;
  gauge('retention_problems', "What retention's last run could not do.").set(retention.problems.length);
  const mass = gauge('retention_mass_retirement', '1 if the last run retired more than half of the backups.', DB);
  const overdue = gauge(
    'retention_overdue_backups',
    "Backups tagged for removal that the bucket's lifecycle should have removed by now.",
    DB,
  );
  for (const report of retention.databases) {
    mass.labels(report.database).set(report.massRetirement ? 1 : 0);
    overdue.labels(report.database).set(report.overdue);
  }
}

/** A pin is stronger than any mark. */
function isRetired(entry: Entry): boolean {
  return entry.retired !== undefined && entry.kept === undefined;
}

function sizeOf(entries: readonly Entry[]): number {
  return entries
    .flatMap(({ archives, globals, manifest }) => [...archives, ...globals, ...(manifest ? [manifest] : [])])
    .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function snapshotSeconds(manifest: Manifest | null): number {
  return manifest === null ? 0 : Date.parse(manifest.snapshotAt) / 1000;
}
