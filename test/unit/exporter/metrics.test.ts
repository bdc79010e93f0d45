import { describe, expect, test } from 'vitest';
import { formatMetrics } from '../../../functions/exporter/metrics/format-metrics.ts';
import type { DatabaseState, Observation } from '../../../functions/exporter/observe/observation.ts';
import { archiveKey, failureKey, globalsKey, keptKey, retiredKey } from '../../../layers/backup/keys.ts';
import type { Verdict } from '../../../layers/backup/verdict.ts';
import { parseOpenMetrics, parsePrometheusText } from '../../support/prometheus/prometheus-text.ts';
import {
  emptyState,
  listedBackup,
  listedObject,
  listedOf,
  milestone,
  OBSERVED_AT,
  PREFIX,
  sampleObservation,
} from '../../support/status/observation.ts';

const day = (number: number) => new Date(Date.UTC(2026, 10, number, 2));
const seconds = (date: Date) => date.getTime() / 1000;
const name = (number: number) => ({ database: 'shop', firedAt: day(number) });
const attempt = '1b7c9d3e-5b1f-4c2d-8e6a-1f2b3c4d5e6f';

async function samplesOf(observation: Observation): Promise<Map<string, number>> {
  const { body, contentType } = await formatMetrics([observation], { version: '1.2.3' });
  expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parsePrometheusText(body);
}

function observationOf(state: Partial<DatabaseState>): Observation {
  return sampleObservation({ databases: [{ ...emptyState('shop'), ...state }] });
}

test('a database never backed up shows: no backups, timestamps of 0, no ages, no sizes', async () => {
  const verdicts = ['restorable', 'readable', 'intact', 'unrestorable', 'corrupt', 'none'];
  expect(Object.fromEntries(await samplesOf(sampleObservation()))).toEqual({
    [`pgvouch_build_info{node="${process.version}",version="1.2.3"}`]: 1,
    pgvouch_vault_up: 1,
    pgvouch_vault_latency_seconds: 0.02,
    pgvouch_scrape_duration_seconds: 0.25,
    pgvouch_scrape_requests: 7,
    pgvouch_lifecycle_supported: 1,
    pgvouch_next_dump_timestamp_seconds: seconds(day(29)),
    'pgvouch_database_configured{database="shop"}': 1,
    'pgvouch_last_success_timestamp_seconds{database="shop"}': 0,
    'pgvouch_last_verified_timestamp_seconds{database="shop"}': 0,
    'pgvouch_last_restorable_timestamp_seconds{database="shop"}': 0,
    'pgvouch_oldest_restorable_timestamp_seconds{database="shop"}': 0,
    ...Object.fromEntries(verdicts.map((verdict) => [`pgvouch_backups{database="shop",verdict="${verdict}"}`, 0])),
    ...Object.fromEntries(
      verdicts.map((verdict) => [`pgvouch_backup_size_bytes{database="shop",verdict="${verdict}"}`, 0]),
    ),
    'pgvouch_retired_backups{database="shop"}': 0,
    'pgvouch_retired_backup_size_bytes{database="shop"}': 0,
    'pgvouch_orphaned_archives{database="shop"}': 0,
    'pgvouch_orphaned_archive_size_bytes{database="shop"}': 0,
    'pgvouch_objects{database="shop"}': 0,
    'pgvouch_objects{database=""}': 0,
    'pgvouch_object_size_bytes{database="shop"}': 0,
    'pgvouch_object_size_bytes{database=""}': 0,
    'pgvouch_unreadable_manifests{database="shop"}': 0,
    'pgvouch_future_backups{database="shop"}': 0,
    'pgvouch_failures{database="shop"}': 0,
    'pgvouch_failures{database=""}': 0,
    'pgvouch_last_failure_timestamp_seconds{database="shop"}': 0,
    'pgvouch_last_failure_timestamp_seconds{database=""}': 0,
    pgvouch_retention_last_run_timestamp_seconds: 0,
    pgvouch_pitr_enabled: 0,
  });
});

test('backups and bytes by verdict; retired and orphaned ones apart, pinned ones not', async () => {
  const listed = listedOf('shop', [
    ...listedBackup(name(1), 'readable', retiredKey(PREFIX, name(1))),
    ...listedBackup(name(2), 'readable', retiredKey(PREFIX, name(2)), keptKey(PREFIX, name(2))),
    ...listedBackup(name(3), 'restorable'),
    ...listedBackup(name(4), 'corrupt'),
    ...listedBackup(name(5)),
    listedObject(archiveKey(PREFIX, name(6), attempt), 5_000),
    listedObject(globalsKey(PREFIX, name(6), attempt), 50),
    ...listedBackup(name(7), 'readable').filter(({ key }) => !key.includes('archive-')),
  ]);
  const samples = await samplesOf(observationOf({ listed }));
  const count = (verdict: string) => samples.get(`pgvouch_backups{database="shop",verdict="${verdict}"}`);
  const bytes = (verdict: string) => samples.get(`pgvouch_backup_size_bytes{database="shop",verdict="${verdict}"}`);
  expect(['restorable', 'readable', 'unrestorable', 'none'].map(count)).toEqual([1, 1, 0, 1]);
  expect(['restorable', 'readable', 'unrestorable', 'none'].map(bytes)).toEqual([1_110, 1_110, 0, 1_110]);
  // One found corrupt, and one whose archive is gone, whatever was found before.
  expect([count('corrupt'), bytes('corrupt')]).toEqual([2, 1_110 + 110]);
  expect(samples.get('pgvouch_retired_backups{database="shop"}')).toBe(1);
  expect(samples.get('pgvouch_retired_backup_size_bytes{database="shop"}')).toBe(1_110);
  expect(samples.get('pgvouch_orphaned_archives{database="shop"}')).toBe(2);
  expect(samples.get('pgvouch_orphaned_archive_size_bytes{database="shop"}')).toBe(5_050);
  expect(samples.get('pgvouch_objects{database="shop"}')).toBe(27);
});

const verdict: Verdict = {
  format: 'pgvouch/verdict',
  formatVersion: 1,
  verdict: 'restorable',
  reasons: [],
  verifiedAt: day(10).toISOString(),
  durationMs: 2_500,
  archiveKey: 'k',
  sizeBytes: 4_096,
  sha256: 'a'.repeat(64),
  client: '18.4',
  drill: {
    serverVersion: '18.4',
    client: '18.4',
    jobs: 2,
    restoreMs: 1_250,
    compared: { tables: 1, rows: 1_000, sequences: 0, objects: 3, largeObjects: 0, fingerprints: 0 },
  },
};

test('timestamps, ages, durations and sizes are of the backups that say how it stands', async () => {
  const listed = listedOf('shop', [
    ...listedBackup(name(20), 'restorable'),
    ...listedBackup(name(21), 'readable'),
    ...listedBackup(name(22)),
    ...listedBackup(name(23)),
  ]);
  const [newest, , good, restorable] = listed.entries.map(milestone);
  const samples = await samplesOf(
    observationOf({
      listed,
      newest,
      newestGood: good,
      newestRestorable: restorable,
      oldestRestorable: restorable,
      newestVerdict: { ...verdict, durationMs: 500 },
      restorableVerdict: verdict,
      unreadableManifests: ['a', 'b'],
      futureBackups: 3,
    }),
  );
  const of = (metric: string) => samples.get(`pgvouch_${metric}{database="shop"}`);
  const at = (number: number) => seconds(day(number)) + 3;
  expect(of('last_dump_time_used_ratio')).toBe(0.25);
  expect(of('oldest_proof_timestamp_seconds')).toBe(seconds(day(20)));
  expect(of('contents_fallen')).toBe(0);
  expect(of('last_success_timestamp_seconds')).toBe(at(23));
  expect(of('last_verified_timestamp_seconds')).toBe(at(21));
  expect(of('last_restorable_timestamp_seconds')).toBe(at(20));
  expect(of('oldest_restorable_timestamp_seconds')).toBe(at(20));
  expect(of('oldest_unverified_timestamp_seconds')).toBe(seconds(day(22)));
  expect(of('last_success_age_seconds')).toBe(seconds(OBSERVED_AT) - at(23));
  expect(of('last_verified_age_seconds')).toBe(seconds(OBSERVED_AT) - at(21));
  expect(of('last_restorable_age_seconds')).toBe(seconds(OBSERVED_AT) - at(20));
  expect(of('last_dump_duration_seconds')).toBe(12);
  expect(of('last_verify_duration_seconds')).toBe(0.5);
  expect(of('last_restore_duration_seconds')).toBe(1.25);
  expect(of('last_archive_size_bytes')).toBe(4_096);
  expect(of('last_database_size_bytes')).toBe(8_000_000);
  expect(of('last_backup_partial')).toBe(0);
  expect(of('unreadable_manifests')).toBe(2);
  expect(of('future_backups')).toBe(3);
});

describe('the median of recent archives', () => {
  const sized = (number: number, sizeBytes: number) =>
    listedBackup(name(number)).map((object) => (object.key.includes('archive-') ? { ...object, sizeBytes } : object));
  const medianOf = async (...sizes: number[]) => {
    const listed = listedOf(
      'shop',
      sizes.flatMap((size, index) => sized(index + 1, size)),
    );
    const samples = await samplesOf(observationOf({ listed, newest: milestone(listed.entries[0] as never) }));
    return samples.get('pgvouch_recent_archive_size_median_bytes{database="shop"}');
  };

  test('is of up to seven before the newest', async () => {
    expect(await medianOf(9_999, 9_999, 7, 3, 5, 1, 2, 4, 6, 1)).toBe(4);
    expect(await medianOf(300, 100, 1)).toBe(100);
    expect(await medianOf(500, 1)).toBe(500);
    expect(await medianOf(500)).toBeUndefined();
  });

  test('takes of two archives the one that the manifest was written after', async () => {
    const late = listedObject(archiveKey(PREFIX, name(1), attempt), 77, day(2));
    const listed = listedOf('shop', [...sized(1, 40), late, ...sized(3, 1)]);
    const samples = await samplesOf(observationOf({ listed, newest: milestone(listed.entries[0] as never) }));
    expect(samples.get('pgvouch_recent_archive_size_median_bytes{database="shop"}')).toBe(40);
  });
});

test('failures by database, and of none', async () => {
  const listed = listedOf('shop', [
    listedObject(failureKey(PREFIX, 'shop', day(3))),
    listedObject(failureKey(PREFIX, 'shop', day(5))),
  ]);
  const strays = listedOf(undefined, [listedObject(failureKey(PREFIX, undefined, day(4)))]);
  const samples = await samplesOf({ ...observationOf({ listed }), strays });
  expect(samples.get('pgvouch_failures{database="shop"}')).toBe(2);
  expect(samples.get('pgvouch_last_failure_timestamp_seconds{database="shop"}')).toBe(seconds(day(5)));
  expect(samples.get('pgvouch_last_failure_age_seconds{database="shop"}')).toBe(seconds(OBSERVED_AT) - seconds(day(5)));
  expect(samples.get('pgvouch_failures{database=""}')).toBe(1);
  expect(samples.get('pgvouch_last_failure_timestamp_seconds{database=""}')).toBe(seconds(day(4)));
});

test('a database that is no longer configured still shows, with every odd character', async () => {
  const odd = 'a "b"\\c\n/ü';
  const listed = listedOf(odd, listedBackup({ database: odd, firedAt: day(1) }, 'readable'));
  const databases = [emptyState('shop'), { ...emptyState(odd, false), listed }];
  for (const format of ['text', 'openmetrics'] as const) {
    const { body } = await formatMetrics([sampleObservation({ databases })], { version: '1' }, format);
    const samples = format === 'text' ? parsePrometheusText(body) : parseOpenMetrics(body);
    expect(samples.get(`pgvouch_database_configured{database="${odd}"}`)).toBe(0);
    expect(samples.get(`pgvouch_backups{database="${odd}",verdict="readable"}`)).toBe(1);
    expect(samples.get('pgvouch_backups{database="shop",verdict="readable"}')).toBe(0);
  }
});

test('what could not be told has no sample', async () => {
  const { unreadState } = await import('../../../functions/exporter/observe/state.ts');
  const down = await samplesOf(
    sampleObservation({
      vaultUp: false,
      latencyMs: undefined,
      lifecycleSupported: undefined,
      nextDumpAt: undefined,
      databases: [unreadState('shop', true, undefined)],
      strays: undefined,
      retention: undefined,
      clusters: undefined,
    }),
  );
  expect([...down.keys()].map((id) => id.replace(/\{.*/, ''))).toEqual([
    'pgvouch_build_info',
    'pgvouch_vault_up',
    'pgvouch_scrape_duration_seconds',
    'pgvouch_scrape_requests',
    'pgvouch_database_configured',
    'pgvouch_pitr_enabled',
  ]);
  expect(down.get('pgvouch_vault_up')).toBe(0);

  // Listed, but the manifests could not be asked for: the counts are told, 0 would be a lie for the timestamps.
  const listed = listedOf('shop', listedBackup(name(1)));
  const half = await samplesOf(sampleObservation({ databases: [unreadState('shop', true, listed)] }));
  expect(half.get('pgvouch_backups{database="shop",verdict="none"}')).toBe(1);
  expect(half.has('pgvouch_last_success_timestamp_seconds{database="shop"}')).toBe(false);
});
