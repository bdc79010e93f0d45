import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { ShownRefresh } from '../../../functions/exporter/observe/refresh-states.ts';
import type { FoundDatabases } from '../../../layers/backup/found-databases.ts';
import {
  archiveKey,
  failureKey,
  foundDatabasesKey,
  refreshKey,
  retentionReportKey,
  verdictKey,
} from '../../../layers/backup/keys.ts';
import type { RetentionReport } from '../../../layers/backup/retention-report.ts';
import type { Verdict, VerdictName } from '../../../layers/backup/verdict.ts';
import { readSchedule } from '../../../layers/schedule/expression.ts';
import { putLifecycle } from '../../../layers/vault/lifecycle.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { scrapeConfig, shipped, shippedRules } from '../../support/prometheus/alert-files.ts';
import { queriesOf, shippedDashboard } from '../../support/prometheus/dashboard.ts';
import { type Prometheus, startPrometheus } from '../../support/prometheus/prometheus.ts';
import { prometheusPrograms } from '../../support/prometheus/prometheus-programs.ts';
import { exporterServer } from '../../support/servers/exporter-server.ts';
import { refreshRecord } from '../../support/status/facts.ts';
import { storeSampleCluster } from '../../support/world/sample-cluster.ts';
import { type StoredBackup, storeBackup } from '../../support/world/stored-backup.ts';
import { freshVault } from '../../support/world/world-vault.ts';

const hoursAgo = (hours: number) => new Date(Math.floor(Date.now() / 1000 - hours * 3600) * 1000);
const REFRESH: ShownRefresh = {
  ...{ name: 'staging', from: 'shop', database: 'shop_staging' },
  schedule: readSchedule('cron(0 6 ? * MON *)', 'schedule'),
};
const folder = mkdtempSync(join(tmpdir(), 'pgvouch-grafana-'));

test('Prometheus evaluates every query of the dashboard and every rule, on metrics that it scraped', async () => {
  const { vault } = await freshVault();
  await fill(vault);
  const address = await exporterServer(vault, ['shop', 'new'], 0, { finds: true, refreshes: [REFRESH] });
  const prometheus = await startPrometheus(folder, {
    'prometheus.yml': scrapeConfig({ target: address, alertmanager: '127.0.0.1:1', interval: '1s' }),
    'alerts.yml': shipped('alerts.yml'),
    'pgvouch-token': '',
  });
  try {
    await scrapedTwice(prometheus);

    for (const { panel, sent } of queriesOf(shippedDashboard())) {
      // Some metrics are of a scrape alone: one without requests leaves a gap.
      const samples = await vi.waitFor(async () => {
        const found = await prometheus.query(sent);
        expect(found.length, `${panel}: ${sent}`).toBeGreaterThan(0);
        return found;
      }, PATIENCE);
      for (const { value } of samples) expect(Number(value[1]), `${panel}: ${sent}`).not.toBeNaN();
    }
    const { groups } = await prometheus.get<Rules>('/api/v1/rules');
    const rules = groups.flatMap((group) => group.rules);
    expect(rules).toHaveLength(shippedRules().length);
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    const variable = await prometheus.get<string[]>(
      '/api/v1/label/database/values?match[]=pgvouch_database_configured',
    );
    expect(variable).toEqual(['crm', 'new', 'shop']);
  } finally {
    await prometheus.end();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('promtool has nothing to complain of in the metrics', async () => {
  const { vault } = await freshVault();
  await fill(vault);
  const address = await exporterServer(vault, ['shop', 'new'], 0, { finds: true, refreshes: [REFRESH] });
  const metrics = await (await fetch(`http://${address}/metrics`)).text();
  expect(metrics).toContain('pgvouch_deletions_total{');

  const { run } = await prometheusPrograms();
  expect(await run('promtool', ['check', 'metrics'], metrics)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
});

const PATIENCE = { timeout: 60_000, interval: 200 };

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly name: string; readonly health: string }[] }[];
}

/** A counter's increase needs two samples; the rules have been evaluated by then, too. */
async function scrapedTwice(prometheus: Prometheus): Promise<void> {
  await vi.waitFor(async () => {
    const [sample] = await prometheus.query('min(count_over_time(pgvouch_deletions_total[1h]))');
    expect(Number(sample?.value[1] ?? 0)).toBeGreaterThan(1);
    expect(await prometheus.query('pgvouch:known:database_configured')).toHaveLength(3);
  }, PATIENCE);
}

/** Of everything that there is a metric for, something. */
async function fill(vault: Vault): Promise<void> {
  const { prefix } = vault;
  const base = { startedAt: hoursAgo(20), segment: 1, verdict: 'restorable' } as const;
  await storeSampleCluster(vault, {
    segments: [1, 2],
    bases: [base],
    status: { caughtUpAt: hoursAgo(1).toISOString() },
  });
  await putLifecycle(vault, { abortUploads: 7, noncurrent: 30 });
  await storeBackup(vault, { firedAt: hoursAgo(96), verdict: 'restorable', removeAfter: hoursAgo(-24) });
  const restorable = await storeBackup(vault, { firedAt: hoursAgo(72), verdict: 'restorable' });
  await vault.put(verdictKey(prefix, restorable, 'restorable'), JSON.stringify(verdictOn(restorable, 'restorable')));
  await storeBackup(vault, { firedAt: hoursAgo(48), verdict: 'readable' });
  const bad = await storeBackup(vault, { firedAt: hoursAgo(24), verdict: 'unrestorable' });
  await vault.put(verdictKey(prefix, bad, 'unrestorable'), JSON.stringify(verdictOn(bad, 'unrestorable')));
  await storeBackup(vault, { firedAt: hoursAgo(1) });
  await storeBackup(vault, { database: 'crm', firedAt: hoursAgo(30), verdict: 'corrupt' });
  const dead = { database: 'shop', firedAt: hoursAgo(2) };
  await vault.put(archiveKey(prefix, dead, '0a7c9d3e-5b1f-4c2d-8e6a-1f2b3c4d5e6f'), 'PGDMP');
  await vault.put(failureKey(prefix, 'shop', hoursAgo(2)), '{}');
  await vault.put(failureKey(prefix, undefined, hoursAgo(3)), '{}');
  await vault.put(retentionReportKey(prefix), JSON.stringify(report));
  await vault.put(refreshKey(prefix, REFRESH.name), JSON.stringify(refreshRecord()));
  await vault.put(foundDatabasesKey(prefix), JSON.stringify(found));
}

const found: FoundDatabases = {
  ...{ format: 'pgvouch/databases', formatVersion: 1, concurrency: 1, apart: [] },
  ...{ firedAt: hoursAgo(1).toISOString(), foundAt: hoursAgo(1).toISOString() },
  server: { systemIdentifier: null, standby: false, name: 'db:5432' },
  databases: ['new', 'shop'].map((name) => ({ name, since: hoursAgo(96).toISOString() })),
  gone: [{ name: 'crm', since: hoursAgo(24).toISOString() }],
};

function verdictOn(backup: StoredBackup, verdict: VerdictName): Verdict {
  const compared = { tables: 1, rows: 1, sequences: 0, objects: 1, largeObjects: 0, fingerprints: 0 };
  return {
    ...{ format: 'pgvouch/verdict', formatVersion: 1, verdict, reasons: [] },
    ...{ verifiedAt: backup.firedAt.toISOString(), durationMs: 6_000, sizeBytes: 42, sha256: 'a'.repeat(64) },
    ...{ archiveKey: backup.keys[0] ?? '', client: '18.4' },
    drill: { serverVersion: '18.4', client: '18.4', jobs: 1, restoreMs: 4_500, compared },
  };
}

const report: RetentionReport = {
  ...{ format: 'pgvouch/retention', formatVersion: 1, finishedAt: hoursAgo(1).toISOString(), dryRun: false },
  databases: [
    {
      ...{ database: 'shop', kept: 4, retired: 1, waiting: 0, removed: 0, undone: 0, unreadable: 0, overdue: 0 },
      ...{ retiredShare: 0.2, massRetirement: false },
      swept: { archives: 0, globals: 0, leftovers: 0, failures: 0, uploads: 0 },
    },
  ],
  ...{ sweptFailures: 0, problems: [] },
  totals: {
    deletions: [{ database: 'shop', policy: 3, orphan: 1, unfinishedUpload: 0, leftover: 0, failureRecord: 2 }],
    tagged: [],
  },
};
