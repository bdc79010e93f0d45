import { describe, expect, test } from 'vitest';
import { failureKey, manifestKey, retentionReportKey, verdictKey } from '../../../layers/backup/keys.ts';
import type { VerdictName } from '../../../layers/backup/verdict.ts';
import { readSchedule } from '../../../layers/schedule/expression.ts';
import { putLifecycle } from '../../../layers/vault/lifecycle.ts';
import { openVault } from '../../../layers/vault/vault.ts';
import { parseOpenMetrics, parsePrometheusText } from '../../support/prometheus/prometheus-text.ts';
import { get, openExporter, scrape, watchRequests } from '../../support/servers/exporter-process.ts';
import { closedPort, silentServer } from '../../support/servers/webhook-server.ts';
import { sampleManifest } from '../../support/world/sample-manifest.ts';
import { storeBackup } from '../../support/world/stored-backup.ts';
import { freshVault, freshVaultConfig } from '../../support/world/world-vault.ts';

const NOTHING_COMPARED = { tables: 0, rows: 0, sequences: 0, objects: 0, largeObjects: 0, fingerprints: 0 };
const day = (number: number) => new Date(Date.UTC(2026, 10, number, 2));
const snapshotOf = (number: number) => day(number).getTime() / 1000;

test('a scrape tells what is in the bucket, with a bounded number of requests', async () => {
  const { vault } = await freshVault();
  for (let number = 1; number <= 9; number++) await storeBackup(vault, { firedAt: day(number), verdict: 'readable' });
  await storeBackup(vault, { firedAt: day(10) });
  await storeBackup(vault, { database: 'sh"op\\ü', firedAt: day(4), verdict: 'corrupt' });
  await vault.put(failureKey(vault.prefix, 'shop', day(2)), '{}');
  const asked = watchRequests(vault);
  const exporter = openExporter(vault, { scheduleOf: () => readSchedule('cron(0 2 * * ? *)', '') });

  const { statusCode, headers, body } = await exporter.get();
  expect(statusCode).toBe(200);
  expect(headers?.['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  const samples = parsePrometheusText(body);
  expect(samples.get('pgvouch_vault_up')).toBe(1);
  expect(samples.get('pgvouch_backups{database="shop",verdict="readable"}')).toBe(9);
  expect(samples.get('pgvouch_backups{database="shop",verdict="none"}')).toBe(1);
  expect(samples.get('pgvouch_last_success_timestamp_seconds{database="shop"}')).toBe(snapshotOf(10));
  expect(samples.get('pgvouch_last_verified_timestamp_seconds{database="shop"}')).toBe(snapshotOf(9));
  expect(samples.get('pgvouch_last_dump_duration_seconds{database="shop"}')).toBe(12);
  expect(samples.get('pgvouch_last_failure_timestamp_seconds{database="shop"}')).toBe(day(2).getTime() / 1000);
  expect(samples.get('pgvouch_backups{database="sh"op\\ü",verdict="corrupt"}')).toBe(1);
  expect(samples.get('pgvouch_last_verified_timestamp_seconds{database="sh"op\\ü"}')).toBe(0);
  expect(samples.get('pgvouch_retention_last_run_timestamp_seconds')).toBe(0);
  expect(samples.get('pgvouch_last_restorable_timestamp_seconds{database="shop"}')).toBe(0);
  expect(samples.get('pgvouch_lifecycle_supported')).toBe(0);
  expect(samples.get('pgvouch_next_dump_timestamp_seconds')).toBeGreaterThan(Date.now() / 1000);
  expect(samples.get('pgvouch_vault_latency_seconds')).toBeGreaterThan(0);
  // Manifests: two of shop, one of the other. Verdicts: one each. Then retention's report, and the summary.
  const gets = Array(7).fill('GetObject');
  expect(asked.sort()).toEqual(['GetBucketLifecycleConfiguration', ...gets, 'ListObjectsV2']);
  expect(samples.get('pgvouch_scrape_requests')).toBe(asked.length);

  // What was read is remembered, what may change is asked again.
  asked.length = 0;
  exporter.pass(6_000);
  await storeBackup(vault, { firedAt: day(11), verdict: 'restorable' });
  asked.length = 0;
  const later = parsePrometheusText((await exporter.get()).body);
  expect(later.get('pgvouch_last_restorable_timestamp_seconds{database="shop"}')).toBe(snapshotOf(11));
  // The report, the new manifest and its verdict.
  expect(asked.sort()).toEqual(['GetObject', 'GetObject', 'GetObject', 'ListObjectsV2']);
});

test('the difference between restorable and readable, and what a drill took', async () => {
  const { vault } = await freshVault();
  await storeBackup(vault, { firedAt: day(1), verdict: 'restorable' });
  await storeBackup(vault, { firedAt: day(2), verdict: 'readable' });
  await storeBackup(vault, { firedAt: day(3), verdict: 'unrestorable' });
  const drill = { serverVersion: '18.4', client: '18.4', jobs: 1, restoreMs: 4_500, compared: NOTHING_COMPARED };
  const verdict = (name: VerdictName, durationMs: number, more: object = {}) => ({
    format: 'pgvouch/verdict',
    formatVersion: 1,
    verdict: name,
    reasons: [],
    verifiedAt: day(4).toISOString(),
    durationMs,
    archiveKey: 'k',
    sizeBytes: 1,
    sha256: '',
    client: '18.4',
    ...more,
  });
  const put = (number: number, name: VerdictName, body: object) =>
    vault.put(verdictKey(vault.prefix, { database: 'shop', firedAt: day(number) }, name), JSON.stringify(body));
  await put(1, 'restorable', verdict('restorable', 6_000, { drill }));
  await put(3, 'unrestorable', verdict('unrestorable', 7_000));
  const samples = parsePrometheusText((await scrape(vault)).body);
  const of = (metric: string) => samples.get(`pgvouch_${metric}{database="shop"}`);
  expect(of('last_success_timestamp_seconds')).toBe(snapshotOf(3));
  expect(of('last_verified_timestamp_seconds')).toBe(snapshotOf(2));
  expect(of('last_restorable_timestamp_seconds')).toBe(snapshotOf(1));
  expect(of('oldest_restorable_timestamp_seconds')).toBe(snapshotOf(1));
  expect(of('last_verify_duration_seconds')).toBe(7);
  expect(of('last_restore_duration_seconds')).toBe(4.5);
});

test('a lifecycle that removes what is tagged is told', async () => {
  const { vault } = await freshVault();
  await putLifecycle(vault, { abortUploads: 7, noncurrent: 30 });
  expect(parsePrometheusText((await scrape(vault)).body).get('pgvouch_lifecycle_supported')).toBe(1);
  const other = openVault({ ...vault.config, prefix: 'other/' });
  expect(parsePrometheusText((await scrape(other)).body).get('pgvouch_lifecycle_supported')).toBe(0);
});

test('OpenMetrics where it is asked for', async () => {
  const { vault } = await freshVault();
  await storeBackup(vault, { firedAt: day(1), verdict: 'readable' });
  const accept = 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3';
  const { headers, body } = await scrape(vault, get({ accept }));
  expect(headers?.['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  expect(parseOpenMetrics(body).get('pgvouch_backups{database="shop",verdict="readable"}')).toBe(1);
});

test('a storm of scrapes costs one look, and so do those of the next seconds', async () => {
  const { vault } = await freshVault();
  await storeBackup(vault, { firedAt: day(1) });
  const asked = watchRequests(vault);
  // Its time stands still but for what the test lets pass: a busy machine takes seconds.
  const standing = Date.now();
  const exporter = openExporter(vault, {}, () => standing);
  const answers = await Promise.all(Array.from({ length: 50 }, () => exporter.get()));
  expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
  expect(asked.filter((name) => name === 'ListObjectsV2')).toHaveLength(1);
  exporter.pass(4_000);
  await exporter.get();
  expect(asked.filter((name) => name === 'ListObjectsV2')).toHaveLength(1);
  exporter.pass(2_000);
  await exporter.get();
  expect(asked.filter((name) => name === 'ListObjectsV2')).toHaveLength(2);
});

test('an empty bucket: the configured database shows', async () => {
  const { vault } = await freshVault();
  const samples = parsePrometheusText((await scrape(vault)).body);
  expect(samples.get('pgvouch_vault_up')).toBe(1);
  expect(samples.get('pgvouch_backups{database="shop",verdict="none"}')).toBe(0);
  expect(samples.get('pgvouch_last_success_timestamp_seconds{database="shop"}')).toBe(0);
});

test('a damaged manifest, a newer one and a damaged report hide nothing else', async () => {
  const { vault } = await freshVault();
  for (const number of [1, 2, 3]) await storeBackup(vault, { firedAt: day(number), verdict: 'readable' });
  await vault.put(manifestKey(vault.prefix, { database: 'shop', firedAt: day(3) }), '{"format":');
  const newer = { ...sampleManifest({ database: 'shop', firedAt: day(2) }), formatVersion: 3 };
  await vault.put(manifestKey(vault.prefix, { database: 'shop', firedAt: day(2) }), JSON.stringify(newer));
  await vault.put(retentionReportKey(vault.prefix), 'not ours');

  const { body, lines } = await scrape(vault);
  for (const number of [2, 3]) {
    expect(lines.join('')).toContain(manifestKey(vault.prefix, { database: 'shop', firedAt: day(number) }));
  }
  const samples = parsePrometheusText(body);
  expect(samples.get('pgvouch_vault_up')).toBe(1);
  expect(samples.get('pgvouch_unreadable_manifests{database="shop"}')).toBe(2);
  expect(samples.get('pgvouch_last_success_timestamp_seconds{database="shop"}')).toBe(snapshotOf(1));
  expect(samples.has('pgvouch_retention_last_run_timestamp_seconds')).toBe(false);
});

describe('a vault that cannot be asked is a fact, not an error', () => {
  const told = [
    ...['build_info', 'vault_up', 'scrape_duration_seconds', 'scrape_requests', 'database_configured', 'pitr_enabled'],
  ];

  test('no such bucket', async () => {
    const { statusCode, body, lines } = await scrape(openVault(freshVaultConfig()));
    expect(statusCode).toBe(200);
    const samples = parsePrometheusText(body);
    expect(samples.get('pgvouch_vault_up')).toBe(0);
    const names = [...samples.keys()].map((id) => id.replace(/\{.*/, '').replace('pgvouch_', ''));
    // The store did answer: that there is no such bucket.
    expect(names.filter((name) => name !== 'vault_latency_seconds')).toEqual(told);
    expect(lines.join('')).toContain('NoSuchBucket');
    expect(body).not.toContain('NoSuchBucket');
  });

  test('nothing listens', async () => {
    const server = { endpoint: `http://127.0.0.1:${await closedPort()}`, accessKeyId: 'a', secretAccessKey: 's' };
    const { statusCode, body } = await scrape(openVault({ ...freshVaultConfig(), server }));
    expect(statusCode).toBe(200);
    expect(parsePrometheusText(body).get('pgvouch_vault_up')).toBe(0);
  });

  test('it hangs: the scraper still gets its answer before it gives up', async () => {
    const silent = await silentServer();
    const server = { endpoint: silent.endpoint, accessKeyId: 'a', secretAccessKey: 's' };
    const patience = get({ 'x-prometheus-scrape-timeout-seconds': '1.5' });
    const { statusCode, body, lines } = await scrape(openVault({ ...freshVaultConfig(), server }), patience);
    expect(statusCode).toBe(200);
    expect(parsePrometheusText(body).get('pgvouch_vault_up')).toBe(0);
    expect(lines.join('')).toContain('did not answer in time');
  });
});
