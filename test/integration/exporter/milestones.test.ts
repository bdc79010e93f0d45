import { DeleteBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import pino from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { retain } from '../../../functions/retention/retention.ts';
import { archiveKey, manifestKey, retentionReportKey, summaryKey, verdictKey } from '../../../layers/backup/keys.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { parsePrometheusText } from '../../support/prometheus/prometheus-text.ts';
import { openExporter, scrape } from '../../support/servers/exporter-process.ts';
import { storeBackup } from '../../support/world/stored-backup.ts';
import { aSecondLater } from '../../support/world/world-retention.ts';
import { freshVault } from '../../support/world/world-vault.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const today = Math.floor(Date.now() / 1000) * 1000;
const daysAgo = (days: number) => new Date(today - days * DAY_MS);
const secondsOf = (date: Date) => date.getTime() / 1000;
const ahead = new Date('2099-01-01T00:00:00Z');

/** What is told of `shop`, and of no database. */
async function told(vault: Vault) {
  // Each looks with a process of its own.
  const { body, lines } = await scrape(openVault(vault.config));
  const samples = parsePrometheusText(body);
  return {
    of: (metric: string, verdict?: string) =>
      samples.get(`pgvouch_${metric}{database="shop"${verdict ? `,verdict="${verdict}"` : ''}}`),
    samples,
    log: lines.join(''),
  };
}

describe('a backup that is dated in the future', () => {
  test('does not stand for the newest, nor for the oldest', async () => {
    const { vault } = await freshVault();
    await storeBackup(vault, { firedAt: ahead, verdict: 'restorable' });
    for (const days of [20, 30]) await storeBackup(vault, { firedAt: daysAgo(days), verdict: 'restorable' });
    const { of } = await told(vault);
    expect(of('last_success_timestamp_seconds')).toBe(secondsOf(daysAgo(20)));
    expect(of('last_verified_timestamp_seconds')).toBe(secondsOf(daysAgo(20)));
    expect(of('last_restorable_timestamp_seconds')).toBe(secondsOf(daysAgo(20)));
    expect(of('oldest_restorable_timestamp_seconds')).toBe(secondsOf(daysAgo(30)));
    expect(of('future_backups')).toBe(1);
  });

  test('stands in where there is no other, and is no younger than the store says', async () => {
    const { vault } = await freshVault();
    await storeBackup(vault, { firedAt: ahead, verdict: 'restorable' });
    const { of } = await told(vault);
    expect(of('last_success_timestamp_seconds')).toBeLessThan(secondsOf(daysAgo(-1)));
    expect(of('last_success_timestamp_seconds')).toBeGreaterThan(secondsOf(daysAgo(1)));
    expect(of('future_backups')).toBe(1);
  });

  test('by the clock of its server alone is the newest, as old as the store says', async () => {
    const { vault } = await freshVault();
    for (const days of [1, 2, 3, 4]) {
      await storeBackup(vault, { firedAt: daysAgo(days), snapshotAt: ahead, verdict: 'readable' });
    }
    await storeBackup(vault, { firedAt: daysAgo(5), verdict: 'readable' });
    const { of } = await told(vault);
    expect(of('last_success_timestamp_seconds')).toBeLessThan(secondsOf(daysAgo(-1)));
    expect(of('last_success_timestamp_seconds')).toBeGreaterThan(secondsOf(daysAgo(1)));
    expect(of('future_backups')).toBe(1);
  });

  test('clocks may differ a little', async () => {
    const { vault } = await freshVault();
    const soon = new Date(today + 10 * 60_000);
    await storeBackup(vault, { firedAt: soon, verdict: 'readable' });
    const { of } = await told(vault);
    expect(of('last_success_timestamp_seconds')).toBe(secondsOf(soon));
    expect(of('future_backups')).toBe(0);
  });
});

test('what nobody can read is not told as never', async () => {
  const { vault } = await freshVault();
  for (const days of [1, 2, 3, 4, 5]) {
    const firedAt = daysAgo(days);
    await storeBackup(vault, { firedAt, verdict: 'restorable' });
    await vault.put(manifestKey(vault.prefix, { database: 'shop', firedAt }), 'damaged');
  }
  const { of, samples } = await told(vault);
  const milestones = [...samples.keys()].filter((id) => /_(success|verified|restorable)_(timestamp|age)_/.test(id));
  expect(milestones).toEqual([]);
  expect(of('backups', 'restorable')).toBe(5);
  expect(of('unreadable_manifests')).toBe(5);
});

test('behind many that nobody can read the newest that can be is found, look by look', async () => {
  const { vault } = await freshVault();
  for (const days of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const firedAt = daysAgo(days);
    await storeBackup(vault, { firedAt, verdict: 'restorable' });
    if (days < 8) await vault.put(manifestKey(vault.prefix, { database: 'shop', firedAt }), 'damaged');
  }
  const exporter = openExporter(vault);
  const looks: (number | undefined)[][] = [];
  for (let look = 0; look < 3; look++) {
    const samples = parsePrometheusText((await exporter.get()).body);
    const of = (metric: string) => samples.get(`pgvouch_${metric}{database="shop"}`);
    looks.push([of('last_success_timestamp_seconds'), of('unreadable_manifests')]);
    exporter.pass(6_000);
  }
  expect(looks.at(-1)).toEqual([secondsOf(daysAgo(8)), 7]);
  expect(looks[0]?.[0]).toBeUndefined();
});

test('retention tells of every backup that it could not read', async () => {
  const { vault } = await freshVault();
  for (const days of [1, 2, 3, 4, 5]) {
    const firedAt = daysAgo(days);
    await storeBackup(vault, { firedAt, verdict: 'restorable' });
    if (days > 1 && days < 5) await vault.put(manifestKey(vault.prefix, { database: 'shop', firedAt }), 'damaged');
  }
  await expect(runRetention(vault, 30)).rejects.toThrow('3 steps failed');
  const { of } = await told(vault);
  expect(of('retention_unreadable_backups')).toBe(3);
  expect(of('unreadable_manifests')).toBe(0);
});

test('a retirement that was undone is none, though its mark still stands', async () => {
  const { vault } = await freshVault();
  await storeBackup(vault, { firedAt: daysAgo(1), verdict: 'restorable' });
  await storeBackup(vault, { firedAt: daysAgo(40), verdict: 'restorable', removeAfter: daysAgo(-3) });
  const before = await told(vault);
  expect([before.of('retired_backups'), before.of('backups', 'restorable')]).toEqual([1, 1]);
  await runRetention(vault, 60);
  for (let runs = 0; runs < 2; runs++) {
    const { of } = await told(vault);
    expect([of('retired_backups'), of('backups', 'restorable')]).toEqual([0, 2]);
    expect(of('oldest_restorable_timestamp_seconds')).toBe(secondsOf(daysAgo(40)));
    await runRetention(vault, 60);
  }
  await aSecondLater();
  await runRetention(vault, 30);
  expect((await told(vault)).of('retired_backups')).toBe(1);
});

test("another attempt's archive does not stand for the one that the manifest names", async () => {
  const { vault } = await freshVault();
  await storeBackup(vault, { firedAt: daysAgo(2), verdict: 'restorable' });
  const newest = await storeBackup(vault, { firedAt: daysAgo(1), verdict: 'restorable' });
  await vault.remove(archiveKey(vault.prefix, newest, newest.attempt));
  await vault.put(archiveKey(vault.prefix, newest, '1b7c9d3e-5b1f-4c2d-8e6a-1f2b3c4d5e6f'), 'PGDMP');
  const { of } = await told(vault);
  expect(of('last_success_timestamp_seconds')).toBe(secondsOf(daysAgo(1)));
  expect(of('last_verified_timestamp_seconds')).toBe(secondsOf(daysAgo(2)));
  expect(of('last_restorable_timestamp_seconds')).toBe(secondsOf(daysAgo(2)));
});

describe('what the bucket refuses', () => {
  const newest = { database: 'shop', firedAt: daysAgo(1) };
  const refusing = async (keyOf: (prefix: string) => string) => {
    const { vault } = await freshVault();
    await storeBackup(vault, { firedAt: newest.firedAt, verdict: 'restorable' });
    const key = keyOf(vault.prefix);
    // Of what is not there nobody is refused.
    if ((await vault.getText(key)) === undefined) await vault.put(key, '{}');
    await deny(vault, key);
    return told(vault);
  };

  test.each([
    ["retention's report", retentionReportKey, 'retention_last_run_timestamp_seconds'],
    ['a verdict', (prefix: string) => verdictKey(prefix, newest, 'restorable'), 'last_verify_duration_seconds'],
  ])('%s has no sample, and everything else is told', async (_, keyOf, metric) => {
    const { of, samples, log } = await refusing(keyOf);
    expect(samples.get('pgvouch_vault_up')).toBe(1);
    expect(of('last_restorable_timestamp_seconds')).toBe(secondsOf(newest.firedAt));
    expect([...samples.keys()].filter((id) => id.includes(metric)).filter((id) => samples.get(id) !== 0)).toEqual([]);
    expect(log).toContain('the vault did not answer one of the questions');
  });

  test('the summary is done without', async () => {
    const { of, samples, log } = await refusing(summaryKey);
    expect(samples.get('pgvouch_vault_up')).toBe(1);
    expect(of('last_restorable_timestamp_seconds')).toBe(secondsOf(newest.firedAt));
    expect(log).toContain('the summary cannot be read');
  });

  test('a report that does not come is not waited for as long as a scrape may take', async () => {
    const { vault } = await freshVault();
    await storeBackup(vault, { firedAt: newest.firedAt, verdict: 'restorable' });
    const getText: Vault['getText'] = (key, signal) =>
      key === retentionReportKey(vault.prefix)
        ? new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
        : vault.getText(key, signal);
    const { body, lines } = await scrape({ ...vault, getText });
    const samples = parsePrometheusText(body);
    expect(samples.get('pgvouch_vault_up')).toBe(1);
    expect(samples.get('pgvouch_last_success_timestamp_seconds{database="shop"}')).toBe(secondsOf(newest.firedAt));
    expect(samples.has('pgvouch_retention_last_run_timestamp_seconds')).toBe(false);
    expect(lines.join('')).toContain('the vault did not answer one of the questions');
  });

  test('a manifest: the alarms go by it, so the vault is not up', async () => {
    const { of, samples, log } = await refusing((prefix) => manifestKey(prefix, newest));
    expect(samples.get('pgvouch_vault_up')).toBe(0);
    expect(of('last_success_timestamp_seconds')).toBeUndefined();
    expect(of('backups', 'restorable')).toBe(1);
    expect(log).toContain('vault not readable');
  });
});

async function runRetention(vault: Vault, keepDays: number): Promise<void> {
  await retain(
    { vault, log: pino({ level: 'silent' }) },
    {
      policy: { keepDays, keepLast: 0 },
      graceDays: 7,
      sweepGraceMs: 2 * DAY_MS,
      removal: 'tag',
      dryRun: false,
      now: new Date(),
    },
  );
}

/** Nobody may read an object, until the test ends. */
async function deny({ bucket, client }: Vault, key: string): Promise<void> {
  const Resource = `arn:aws:s3:::${bucket}/${key}`;
  const Statement = [{ Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource }];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await client.s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
  onTestFinished(async () => {
    await client.s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
  });
}
