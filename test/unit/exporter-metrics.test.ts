import { expect, test } from 'vitest';
import type { Observation } from '../../functions/exporter/look.ts';
import { formatMetrics } from '../../functions/exporter/metrics.ts';
import { buildCatalog } from '../../layers/backup/catalog.ts';
import {
  archiveKey,
  type BackupName,
  failureKey,
  globalsKey,
  keptKey,
  manifestKey,
  retiredKey,
  verdictKey,
} from '../../layers/backup/keys.ts';
import type { VerdictName } from '../../layers/backup/verdict.ts';
import { parsePrometheusText } from '../support/prometheus-text.ts';
import { sampleManifest } from '../support/sample-manifest.ts';

const prefix = 'pgvouch/';
const attempt = '0a7c9d3e-5b1f-4c2d-8e6a-1f2b3c4d5e6f';
const day = (number: number) => new Date(Date.UTC(2026, 10, number, 2));
const seconds = (date: Date) => date.getTime() / 1000;
const at = (key: string, sizeBytes = 10) => ({ key, sizeBytes, modifiedAt: day(28) });

/** The listing of one whole backup: 1,000 bytes of archive, 100 of globals, 10 of manifest. */
function backup(name: BackupName, verdict?: VerdictName, ...more: string[]) {
  return [
    at(archiveKey(prefix, name, attempt), 1_000),
    at(globalsKey(prefix, name, attempt), 100),
    at(manifestKey(prefix, name)),
    ...(verdict ? [at(verdictKey(prefix, name, verdict))] : []),
    ...more.map((key) => at(key)),
  ];
}

const nothing: Observation = {
  vaultUp: true,
  listDurationMs: 250,
  catalog: buildCatalog(prefix, []),
  manifests: new Map(),
  retention: null,
};

async function samplesOf(observation: Observation, databases = ['shop']): Promise<Map<string, number>> {
  const { body, contentType } = await formatMetrics(observation, { databases, version: '1.2.3' });
  expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parsePrometheusText(body);
}

test('a database never backed up shows: no backups, timestamps of 0, no sizes', async () => {
  const samples = await samplesOf(nothing);
  expect(Object.fromEntries(samples)).toEqual({
    [`pgvouch_build_info{node="${process.version}",version="1.2.3"}`]: 1,
    pgvouch_vault_up: 1,
    pgvouch_vault_list_duration_seconds: 0.25,
    'pgvouch_database_configured{database="shop"}': 1,
    'pgvouch_last_success_timestamp_seconds{database="shop"}': 0,
    'pgvouch_last_verified_good_timestamp_seconds{database="shop"}': 0,
    'pgvouch_backups{database="shop",verdict="restorable"}': 0,
    'pgvouch_backups{database="shop",verdict="readable"}': 0,
    'pgvouch_backups{database="shop",verdict="unrestorable"}': 0,
    'pgvouch_backups{database="shop",verdict="corrupt"}': 0,
    'pgvouch_backups{database="shop",verdict="none"}': 0,
    'pgvouch_backup_size_bytes{database="shop",verdict="restorable"}': 0,
    'pgvouch_backup_size_bytes{database="shop",verdict="readable"}': 0,
    'pgvouch_backup_size_bytes{database="shop",verdict="unrestorable"}': 0,
    'pgvouch_backup_size_bytes{database="shop",verdict="corrupt"}': 0,
    'pgvouch_backup_size_bytes{database="shop",verdict="none"}': 0,
    'pgvouch_retired_backups{database="shop"}': 0,
    'pgvouch_retired_backup_size_bytes{database="shop"}': 0,
    'pgvouch_unreadable_manifests{database="shop"}': 0,
    'pgvouch_last_failure_timestamp_seconds{database="shop"}': 0,
    'pgvouch_last_failure_timestamp_seconds{database=""}': 0,
    'pgvouch_failures{database="shop"}': 0,
    'pgvouch_failures{database=""}': 0,
    pgvouch_retention_last_run_timestamp_seconds: 0,
  });
});

test('backups and bytes by verdict; retired ones apart, pinned ones not', async () => {
  const name = (number: number) => ({ database: 'shop', firedAt: day(number) });
  const catalog = buildCatalog(prefix, [
    ...backup(name(1), 'readable', retiredKey(prefix, name(1))),
    ...backup(name(2), 'readable', retiredKey(prefix, name(2)), keptKey(prefix, name(2))),
    ...backup(name(3), 'restorable'),
    ...backup(name(4), 'corrupt'),
    ...backup(name(5)),
    at(archiveKey(prefix, name(6), attempt), 5_000),
    ...backup(name(7), 'readable').filter(({ key }) => !key.includes('archive-')),
  ]);
  const samples = await samplesOf({ ...nothing, catalog });
  const count = (verdict: string) => samples.get(`pgvouch_backups{database="shop",verdict="${verdict}"}`);
  const bytes = (verdict: string) => samples.get(`pgvouch_backup_size_bytes{database="shop",verdict="${verdict}"}`);
  expect(['restorable', 'readable', 'unrestorable', 'none'].map(count)).toEqual([1, 1, 0, 1]);
  expect(['restorable', 'readable', 'unrestorable', 'none'].map(bytes)).toEqual([1_110, 1_110, 0, 1_110]);
  // One found corrupt, and one whose archive is gone, whatever was found before.
  expect([count('corrupt'), bytes('corrupt')]).toEqual([2, 1_110 + 110]);
  expect(samples.get('pgvouch_retired_backups{database="shop"}')).toBe(1);
  expect(samples.get('pgvouch_retired_backup_size_bytes{database="shop"}')).toBe(1_110);
});

test('the newest manifests tell timestamps, duration and sizes', async () => {
  const newest = { database: 'shop', firedAt: day(9) };
  const good = { database: 'shop', firedAt: day(8) };
  const manifests = new Map([['shop', { backup: sampleManifest(newest), good: sampleManifest(good), unreadable: 2 }]]);
  const catalog = buildCatalog(prefix, [...backup(newest), ...backup(good, 'readable')]);
  const samples = await samplesOf({ ...nothing, catalog, manifests });
  expect(samples.get('pgvouch_last_success_timestamp_seconds{database="shop"}')).toBe(seconds(day(9)) + 3);
  expect(samples.get('pgvouch_last_verified_good_timestamp_seconds{database="shop"}')).toBe(seconds(day(8)) + 3);
  expect(samples.get('pgvouch_last_dump_duration_seconds{database="shop"}')).toBe(12);
  expect(samples.get('pgvouch_last_archive_size_bytes{database="shop"}')).toBe(4_096);
  expect(samples.get('pgvouch_last_database_size_bytes{database="shop"}')).toBe(8_000_000);
  expect(samples.get('pgvouch_unreadable_manifests{database="shop"}')).toBe(2);
});

test('failures by database, and of none', async () => {
  const catalog = buildCatalog(prefix, [
    at(failureKey(prefix, 'shop', day(3))),
    at(failureKey(prefix, 'shop', day(5))),
    at(failureKey(prefix, undefined, day(4))),
  ]);
  const samples = await samplesOf({ ...nothing, catalog });
  expect(samples.get('pgvouch_failures{database="shop"}')).toBe(2);
  expect(samples.get('pgvouch_last_failure_timestamp_seconds{database="shop"}')).toBe(seconds(day(5)));
  expect(samples.get('pgvouch_failures{database=""}')).toBe(1);
  expect(samples.get('pgvouch_last_failure_timestamp_seconds{database=""}')).toBe(seconds(day(4)));
});

test('a database that is no longer configured still shows, with every odd character', async () => {
  const odd = 'a "b"\\c\n/ü';
  const catalog = buildCatalog(prefix, backup({ database: odd, firedAt: day(1) }, 'readable'));
  const samples = await samplesOf({ ...nothing, catalog });
  expect(samples.get(`pgvouch_database_configured{database="${odd}"}`)).toBe(0);
  expect(samples.get(`pgvouch_backups{database="${odd}",verdict="readable"}`)).toBe(1);
  expect(samples.get('pgvouch_backups{database="shop",verdict="readable"}')).toBe(0);
});

test('what could not be told has no sample', async () => {
  const down = await samplesOf({
    ...nothing,
    vaultUp: false,
    listDurationMs: undefined,
    catalog: undefined,
    retention: undefined,
  });
  expect([...down.keys()].map((id) => id.replace(/\{.*/, ''))).toEqual([
    'pgvouch_build_info',
    'pgvouch_vault_up',
    'pgvouch_database_configured',
  ]);
  expect(down.get('pgvouch_vault_up')).toBe(0);

  // Listed, but the manifests could not be asked for: the counts are told, 0 would be a lie for the timestamps.
  const catalog = buildCatalog(prefix, backup({ database: 'shop', firedAt: day(1) }));
  const manifests = new Map([['shop', { backup: undefined, good: undefined, unreadable: 0 }]]);
  const half = await samplesOf({ ...nothing, vaultUp: false, catalog, manifests });
  expect(half.get('pgvouch_backups{database="shop",verdict="none"}')).toBe(1);
  expect(half.has('pgvouch_last_success_timestamp_seconds{database="shop"}')).toBe(false);
});

test("retention's last run", async () => {
  const swept = { archives: 0, globals: 0, leftovers: 0, failures: 0, uploads: 0 };
  const counts = {
    kept: 1,
    retired: 9,
    waiting: 0,
    removed: 0,
    undone: 0,
    unreadable: 0,
    overdue: 4,
    retiredShare: 0.9,
  };
  const samples = await samplesOf({
    ...nothing,
    retention: {
      format: 'pgvouch/retention',
      formatVersion: 1,
      finishedAt: day(9).toISOString(),
      dryRun: false,
      databases: [{ database: 'shop', ...counts, massRetirement: true, swept }],
      sweptFailures: 0,
      problems: ['one'],
    },
  });
  expect(samples.get('pgvouch_retention_last_run_timestamp_seconds')).toBe(seconds(day(9)));
  expect(samples.get('pgvouch_retention_mass_retirement{database="shop"}')).toBe(1);
  expect(samples.get('pgvouch_retention_overdue_backups{database="shop"}')).toBe(4);
  expect(samples.get('pgvouch_retention_problems')).toBe(1);
});
