import { describe, expect, test } from 'vitest';
import { fillAlertLimits } from '../../../functions/exporter/prometheus/alert-limits.ts';
import { LIMITS } from '../../../functions/exporter/prometheus/limits.ts';
import type {
  ClusterFacts,
  DatabaseFacts,
  NewestFacts,
  StatusFacts,
} from '../../../functions/exporter/status/judge/facts.ts';
import { summaryOf } from '../../../functions/exporter/status/judge/summary.ts';
import { shipped, shippedRules } from '../../support/prometheus/alert-files.ts';
import {
  backupOf,
  clusterOf,
  databaseOf,
  factsOf,
  failureOf,
  failuresOf,
  NOW,
  refreshOf,
} from '../../support/status/facts.ts';

const HOUR_MS = 3_600_000;
const hoursAgo = (hours: number) => new Date(NOW.getTime() - hours * HOUR_MS);
const rules = shippedRules();

/** A database whose newest backup was a little otherwise. */
function withNewest(changes: Partial<NewestFacts>): DatabaseFacts {
  const { newest, ...shop } = databaseOf();
  return { ...shop, newest: newest && { ...newest, ...changes } };
}

const SLOT = { name: 'pgvouch', state: 'held', retainedBytes: 0, limitBytes: undefined, roomBytes: undefined } as const;

/** All is well but for a cluster. */
function withCluster(changes: Partial<ClusterFacts>): StatusFacts {
  return factsOf([databaseOf()], { pitr: true, clusters: [clusterOf(changes)] });
}

/** The whole of what is known, where each alert fires. ExporterDown is not among them: then there is no page. */
const FIRING: Readonly<Record<string, readonly StatusFacts[]>> = {
  BackupMissed: [
    factsOf([databaseOf({}, { backups: [2, 3, 4, 5].map((daysAgo) => backupOf(daysAgo)) })]),
    factsOf([databaseOf({}, { backups: [2].map((daysAgo) => backupOf(daysAgo)), due: undefined })]),
    // By a schedule of its own: the others are well.
    factsOf([
      databaseOf(),
      databaseOf({ name: 'crm' }, { due: { nextAt: undefined, unansweredAt: hoursAgo(2), overdueAt: hoursAgo(1) } }),
    ]),
  ],
  BackupNeverTaken: [factsOf([databaseOf({ days: 0 })])],
  BackupFailed: [
    factsOf([databaseOf({}, { failures: failuresOf([failureOf(2)]) })]),
    factsOf([databaseOf({}, { failures: { count: 1, lastAt: hoursAgo(2), newest: [] } })]),
    factsOf([databaseOf(), databaseOf({ name: 'old' }, { configured: false, failures: failuresOf([failureOf(24)]) })]),
    factsOf([databaseOf()], { strayFailures: failuresOf([failureOf(24)]) }),
    factsOf([databaseOf()], { strayFailures: { count: 1, lastAt: hoursAgo(24), newest: [] } }),
  ],
  BackupUnproved: [
    factsOf([databaseOf({ verdict: (daysAgo) => (daysAgo === 9 ? undefined : 'restorable') })]),
    factsOf([databaseOf(), databaseOf({ name: 'old', verdict: () => undefined }, { configured: false })]),
  ],
  BackupCorrupt: [
    factsOf([databaseOf({ verdict: (daysAgo) => (daysAgo === 200 ? 'corrupt' : 'restorable') })]),
    factsOf([databaseOf({ verdict: (daysAgo) => (daysAgo === 1 ? 'unrestorable' : 'restorable') })]),
    factsOf([databaseOf(), databaseOf({ name: 'old', verdict: () => 'corrupt' }, { configured: false })]),
  ],
  BackupUnreadable: [factsOf([databaseOf({}, { unreadableManifests: 1 })])],
  RestoreDrillStale: [
    factsOf([databaseOf({ verdict: (daysAgo) => (daysAgo < 3 ? 'readable' : 'restorable') })]),
    factsOf([databaseOf({ verdict: () => 'readable' })]),
  ],
  BackupContentsFallen: [
    factsOf([withNewest({ rows: 0, fall: { since: hoursAgo(24).toISOString(), tables: 42, rows: 3_481_000 } })]),
  ],
  BackupSizeDropped: [factsOf([withNewest({ archiveSizeBytes: 49, usualArchiveSizeBytes: 100 })])],
  DumpTimeShort: [factsOf([withNewest({ timeUsedRatio: 0.71 })])],
  ClientOlderThanServer: [factsOf([withNewest({ serverVersion: '15.20 (Debian)', clientVersion: '15.18' })])],
  ClientOutdated: [factsOf([withNewest({ clientBuiltAt: hoursAgo(151 * 24).toISOString() })])],
  BackupStorageHigh: [
    factsOf([databaseOf({}, { objects: 1_001 })]),
    factsOf([databaseOf()], { storage: { objectSizeBytes: 0, strayObjects: 1_001 } }),
    factsOf([databaseOf()], { storage: { objectSizeBytes: 501e9, strayObjects: 0 } }),
  ],
  WalArchiveStalled: [
    withCluster({ recoveryPointAt: hoursAgo(0.26) }),
    withCluster({ recoveryPointAt: undefined }),
    factsOf([databaseOf()], { pitr: true, clusters: [] }),
    factsOf([databaseOf()], { pitr: true, clusters: [clusterOf({ configured: false })] }),
  ],
  WalGap: [
    withCluster({ openGaps: 1 }),
    withCluster({ slot: { ...SLOT, state: 'lost', retainedBytes: undefined } }),
    withCluster({ slot: { ...SLOT, state: 'missing', retainedBytes: undefined } }),
  ],
  SlotRetentionHigh: [
    withCluster({ slot: { ...SLOT, limitBytes: 20e9, roomBytes: 9e9 } }),
    withCluster({ slot: { ...SLOT, retainedBytes: 10.1e9 } }),
  ],
  BaseMissed: [withCluster({ baseOverdueAt: hoursAgo(0.1) }), withCluster({ lastBaseAt: undefined })],
  RecoveryDrillStale: [withCluster({ drillOverdueAt: hoursAgo(0.1) }), withCluster({ lastProvedAt: undefined })],
  RefreshStale: [factsOf([databaseOf()], { refreshes: [refreshOf({ overdueAt: hoursAgo(0.1) })] })],
  VaultDown: [
    factsOf([databaseOf({ days: 0 }, { backups: undefined })], { vaultUp: false }),
    factsOf([databaseOf()], { vaultUp: false }),
  ],
};

test('every alert of the exporter is looked at', () => {
  const alerts = new Set(rules.flatMap(({ alert }) => alert ?? []));
  alerts.delete('ExporterDown');
  expect(Object.keys(FIRING).sort()).toEqual([...alerts].sort());
});

describe.each(Object.entries(FIRING))('while %s fires', (_, situations) => {
  test.each(situations.map((facts, index) => [index, facts] as const))('the page is not well: %d', (_index, facts) => {
    const { level, title, findings, databases, clusters } = summaryOf(facts, NOW);
    expect(title).not.toBe('All is well');
    expect(['good', 'idle']).not.toContain(level);
    const told = [...findings, ...[...databases, ...clusters].flatMap(({ standing }) => standing.findings)];
    expect(told.filter((finding) => finding.level !== 'note').length > 0 || level === 'unknown').toBe(true);
  });
});

test('the limits are those of the alerts, as npm run docs:alerts writes them', () => {
  const file = shipped('alerts.yml');
  expect(fillAlertLimits(file)).toBe(file);
  expect(() => fillAlertLimits('groups: []')).toThrow(/no place/);
  const inMs = (name: string) => name.replace(/_seconds$/, '_ms');
  const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const limits = rules.flatMap(({ record = '', expr }) => {
    const name = /^pgvouch:limit:(\w+)$/.exec(record)?.[1];
    if (name === undefined) return [];
    const value = expr.split('*').reduce((product, factor) => product * Number(factor), 1);
    return [[camel(inMs(name)), name.endsWith('_seconds') ? 1_000 * value : value] as const];
  });
  expect(Object.fromEntries(limits)).toEqual(LIMITS);
});
