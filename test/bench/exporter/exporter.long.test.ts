import pino from 'pino';
import { beforeAll, expect, test } from 'vitest';
import { formatMetrics } from '../../../functions/exporter/metrics/format-metrics.ts';
import { openObserver } from '../../../functions/exporter/observe/observer.ts';
import { summaryKey } from '../../../layers/backup/keys.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { parsePrometheusText } from '../../support/prometheus/prometheus-text.ts';
import { storeMany } from '../../support/world/large-vault.ts';
import { storeBackup } from '../../support/world/stored-backup.ts';
import { freshVault } from '../../support/world/world-vault.ts';

const databases = Array.from({ length: 20 }, (_, index) => `database-${index}`);
const EACH = 500;
const log = pino({ level: 'silent' });
let config: Vault['config'];

beforeAll(async () => {
  const { vault } = await freshVault();
  config = vault.config;
  const startedAt = Date.now();
  await storeMany(vault, { databases, each: EACH, newestAt: new Date() });
  console.log(`${databases.length * EACH} backups stored in ${Math.round((Date.now() - startedAt) / 1000)} s`);
}, 1_800_000);

/** A process of its own, as far as the exporter knows. */
function openProcess() {
  let aheadMs = 0;
  const observer = openObserver({ vault: openVault(config), databases, log }, () => Date.now() + aheadMs);
  return async function scrape(name: string) {
    const startedAt = performance.now();
    const { body } = await formatMetrics([await observer.observe(AbortSignal.timeout(120_000))], { version: '1' });
    const tookMs = Math.round(performance.now() - startedAt);
    // The next one is to look again.
    aheadMs += 60_000;
    const samples = parsePrometheusText(body);
    const requests = samples.get('pgvouch_scrape_requests') ?? Number.NaN;
    console.log(`${name}: ${requests} requests, ${tookMs} ms`);
    return { samples, requests };
  };
}

function backupsIn(samples: ReadonlyMap<string, number>): number {
  const counts = [...samples].filter(([id]) => id.startsWith('pgvouch_backups{'));
  return counts.reduce((sum, [, count]) => sum + count, 0);
}

test('what a scrape of 10,000 backups of 20 databases costs', async () => {
  const vault = openVault(config);
  const scrape = openProcess();
  const first = await scrape('cold, without a summary');
  expect(backupsIn(first.samples)).toBe(databases.length * EACH);
  expect(await vault.getText(summaryKey(vault.prefix))).toBeDefined();

  for (const round of [1, 2, 3]) expect((await scrape(`warm, scrape ${round}`)).requests).toBeLessThan(30);

  const again = openProcess();
  const second = await again('cold, with a summary');
  expect(second.requests).toBeLessThan(35);
  expect(backupsIn(second.samples)).toBe(databases.length * EACH);

  await storeBackup(vault, { database: 'database-7', firedAt: new Date(Math.floor(Date.now() / 1000) * 1000) });
  const fresh = await again('warm, after a new backup');
  expect(fresh.samples.get('pgvouch_backups{database="database-7",verdict="none"}')).toBe(1);
  expect(fresh.requests).toBeLessThan(35);
});
