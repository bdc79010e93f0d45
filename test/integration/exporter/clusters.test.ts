import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { openVault } from '../../../layers/vault/vault.ts';
import { baseKey, clusterKey, segmentKey, walStatusKey } from '../../../layers/wal/keys.ts';
import { segmentName } from '../../../layers/wal/segments.ts';
import { parsePrometheusText } from '../../support/prometheus/prometheus-text.ts';
import { get, openExporter, PITR_SCHEDULES, scrape, watchRequests } from '../../support/servers/exporter-process.ts';
import { storeSampleCluster } from '../../support/world/sample-cluster.ts';
import { storeBackup } from '../../support/world/stored-backup.ts';
import { WAL_CLUSTER, WAL_SEGMENT } from '../../support/world/wal-listing.ts';
import { freshVault } from '../../support/world/world-vault.ts';

const hoursAgo = (hours: number) => new Date(Math.floor(Date.now() / 1000 - hours * 3600) * 1000);
const upTo = (number: number) => Array.from({ length: number }, (_, index) => index + 1);
const id = (name: string, server = 'db', cluster = WAL_CLUSTER) =>
  `pgvouch_${name}{cluster="${cluster}",server="${server}"}`;

test('a cluster shows on the metrics and on the page; its WAL is no stray, and no database', async () => {
  const { vault } = await freshVault();
  await storeBackup(vault, { firedAt: hoursAgo(1), verdict: 'restorable' });
  const startedAt = hoursAgo(20);
  await storeSampleCluster(vault, { segments: upTo(3), bases: [{ startedAt, segment: 1, verdict: 'restorable' }] });
  const exporter = openExporter(vault);
  const samples = parsePrometheusText((await exporter.get()).body);
  expect(samples.get('pgvouch_vault_up')).toBe(1);
  expect(samples.get('pgvouch_objects{database=""}')).toBe(0);
  expect(samples.get(id('cluster_configured'))).toBe(1);
  expect(samples.get(id('wal_archived_lsn_bytes'))).toBe(4 * WAL_SEGMENT + 0x100);
  expect(samples.get(id('wal_lag_bytes'))).toBe(0);
  expect(samples.get(id('recovery_window_start_timestamp_seconds'))).toBe(startedAt.getTime() / 1000 + 1);
  expect(samples.get(id('recovery_point_age_seconds'))).toBeLessThan(60);
  expect(samples.get(id('last_recovery_drill_timestamp_seconds'))).toBeGreaterThan(startedAt.getTime() / 1000);
  // By the weekly and the daily schedule: two days at the most after the drill, and a week and two after the base backup.
  const overdueIn = (name: string) => ((samples.get(id(name)) ?? 0) * 1_000 - Date.now()) / 86_400_000;
  expect(overdueIn('recovery_drill_overdue_timestamp_seconds')).toBeGreaterThan(0);
  expect(overdueIn('recovery_drill_overdue_timestamp_seconds')).toBeLessThan(2.01);
  expect(overdueIn('base_backup_overdue_timestamp_seconds')).toBeGreaterThan(0);
  expect(overdueIn('base_backup_overdue_timestamp_seconds')).toBeLessThan(8.01);
  expect(samples.get(id('slot_retained_bytes'))).toBe(WAL_SEGMENT + 0x100);

  const { body } = await exporter.get(get({}, '/'));
  expect(body).toContain('can go back to any second since');
  expect(body).toContain('<section class="database good" aria-labelledby="cluster-');
});

test('a look reads what is new, and nothing twice; without clusters nothing more is asked', async () => {
  const { vault } = await freshVault();
  await storeBackup(vault, { firedAt: hoursAgo(1), verdict: 'restorable' });
  const asked = watchRequests(vault);
  const exporter = openExporter(vault);
  const requests = async () => {
    exporter.pass(60_000);
    const before = asked.length;
    await exporter.get();
    return asked.slice(before).filter((name) => !name.includes('Lifecycle'));
  };
  await requests();
  const without = await requests();
  await storeSampleCluster(vault, { segments: upTo(3), bases: [{ startedAt: hoursAgo(20), segment: 1 }] });
  // The names of clusters, and this one's folder; cluster.json, base.json and status.json.
  const more = ['GetObject', 'GetObject', 'GetObject', 'ListObjectsV2', 'ListObjectsV2'];
  expect((await requests()).sort()).toEqual([...without, ...more].sort());
  expect((await requests()).sort()).toEqual([...without, 'ListObjectsV2', 'ListObjectsV2'].sort());
});

test('much WAL: a look costs a few listings, shows the newest and what was removed', async () => {
  const { vault } = await freshVault();
  await storeBackup(vault, { firedAt: hoursAgo(1) });
  await storeSampleCluster(vault, { segments: upTo(40), bases: [{ startedAt: hoursAgo(20), segment: 1 }] });
  const asked = watchRequests(vault);
  const exporter = openExporter(vault, { smallObjects: 10 });
  await exporter.get();
  const removed = segmentKey(vault.prefix, WAL_CLUSTER, segmentName(1, 2n, WAL_SEGMENT));
  await vault.client.s3.send(new DeleteObjectCommand({ Bucket: vault.bucket, Key: removed }));
  await storeSampleCluster(vault, { segments: [41, 42], bases: [{ startedAt: hoursAgo(2), segment: 30 }] });
  exporter.pass(60_000);
  const before = asked.length;
  const samples = parsePrometheusText((await exporter.get()).body);
  expect(samples.get(id('wal_archived_lsn_bytes'))).toBe(43 * WAL_SEGMENT + 0x100);
  expect(samples.get(id('wal_gaps'))).toBe(1);
  expect(samples.get(id('wal_open_gaps'))).toBe(0);
  expect(asked.slice(before).filter((name) => name === 'ListObjectsV2').length).toBeLessThan(10);
});

test('after an upgrade the new cluster counts; another server has its own; where PITR is off none does', async () => {
  const { vault } = await freshVault();
  const [old, now, other] = ['7000000000000000001', '7000000000000000002', '7000000000000000003'];
  const segments = { segments: upTo(1), bases: [] };
  const asked = { askedAt: hoursAgo(50).toISOString() };
  await storeSampleCluster(vault, { ...segments, systemIdentifier: old, createdAt: hoursAgo(900), status: asked });
  await storeSampleCluster(vault, { ...segments, systemIdentifier: other, serverName: 'crm', createdAt: hoursAgo(9) });
  await storeSampleCluster(vault, { ...segments, systemIdentifier: now, createdAt: hoursAgo(9) });
  const configured = async (pitr: boolean) => {
    const samples = parsePrometheusText(
      (await scrape(openVault(vault.config), get(), { pitr: pitr ? PITR_SCHEDULES : undefined })).body,
    );
    return [id('cluster_configured', 'db', old), id('cluster_configured', 'db', now)]
      .concat(id('cluster_configured', 'crm', other))
      .map((one) => samples.get(one));
  };
  expect(await configured(true)).toEqual([0, 1, 1]);
  expect(await configured(false)).toEqual([0, 0, 0]);
});

test('documents that make no sense: a base backup is left out, a status is unknown, a cluster does not show', async () => {
  const { vault } = await freshVault();
  const { prefix } = vault;
  const startedAt = hoursAgo(20);
  const bases = [20, 10].map((hours) => ({ startedAt: hoursAgo(hours), segment: 1 }));
  await storeSampleCluster(vault, { segments: upTo(2), bases });
  await vault.put(baseKey(prefix, { systemIdentifier: WAL_CLUSTER, startedAt }), 'nonsense');
  await vault.put(walStatusKey(prefix, WAL_CLUSTER), 'nonsense');
  await vault.put(clusterKey(prefix, '7000000000000000009'), 'nonsense');
  const { body, lines } = await scrape(vault);
  const samples = parsePrometheusText(body);
  expect(samples.get('pgvouch_vault_up')).toBe(1);
  expect(samples.get(`${id('base_backups').slice(0, -1)},verdict="none"}`)).toBe(1);
  expect(samples.has(id('slot_held'))).toBe(false);
  expect(samples.has(id('wal_status_timestamp_seconds'))).toBe(false);
  expect([...samples.keys()].join()).not.toContain('7000000000000000009');
  expect(lines.filter((line) => line.includes('a document cannot be read')).length).toBe(3);
});
