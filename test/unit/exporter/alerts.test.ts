import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { shipped, shippedRules } from '../../support/prometheus/alert-files.ts';

const rules = shippedRules();
const alerts = rules.filter(({ alert }) => alert !== undefined);

test('the alerts that there are', () => {
  const names = [...new Set(alerts.map(({ alert }) => alert))].sort();
  expect(names).toEqual([
    ...[
      'BackupContentsFallen',
      'BackupCorrupt',
      'BackupFailed',
      'BackupMissed',
      'BackupNeverTaken',
      'BackupSizeDropped',
    ],
    ...['BackupStorageHigh', 'BackupUnproved', 'BackupUnreadable', 'BaseMissed'],
    ...['ClientOlderThanServer', 'ClientOutdated', 'DumpTimeShort', 'ExporterDown'],
    ...[
      'RecoveryDrillStale',
      'RefreshStale',
      'RestoreDrillStale',
      'SlotRetentionHigh',
      'VaultDown',
      'WalArchiveStalled',
      'WalGap',
    ],
  ]);
});

test.each(alerts)('$alert says how bad it is, what is the matter, with a figure, and where to read on', (rule) => {
  expect(['warning', 'critical']).toContain(rule.labels?.severity);
  expect(rule.annotations?.summary).toMatch(/^[A-Z]/);
  expect(rule.annotations?.description).toMatch(/\{\{ \$value|0 targets/);
  const [file = '', anchor] = rule.annotations?.runbook_url?.split('#') ?? [];
  const headings = Array.from(readFileSync(file, 'utf8').matchAll(/^## (.+)$/gm), ([, heading]) => heading);
  expect(headings).toContain(rule.alert);
  expect(anchor).toBe(rule.alert?.toLowerCase());
});

test('every section of the runbook that looks like an alert is one', () => {
  const runbook = readFileSync('docs/runbook.md', 'utf8');
  const sections = Array.from(runbook.matchAll(/^## ([A-Z][a-z]+[A-Z]\w+)$/gm), ([, heading]) => heading);
  expect(new Set(sections)).toEqual(new Set(alerts.map(({ alert }) => alert)));
});

test('a limit stands in one place: alerts name it', () => {
  const limits = rules.flatMap(({ record }) => (record?.startsWith('pgvouch:limit:') ? [record] : []));
  expect(limits.length).toBeGreaterThan(5);
  const expressions = alerts.map(({ expr }) => expr).join('\n');
  for (const limit of limits) expect(expressions).toContain(`scalar(${limit})`);
  // 0 and 1 are states.
  expect(expressions.match(/\b\d+\b/g)?.filter((number) => !['0', '1'].includes(number))).toEqual([]);
});

/** The exporter is there, and knows which databases were found. */
const WHILE_KNOWN =
  'on (job, instance, server) (pgvouch_build_info unless on (job, instance, server) pgvouch_databases_unknown == 1)';

/** The vault answers: the only one, or that of the server that the series names. */
const WHILE_UP =
  'on (job, instance) pgvouch_vault_up{server=""} == 1 unless on (job, instance, server) pgvouch_vault_up == 1';

test('what was known is known by one rule for all', () => {
  const known = rules.filter(({ record }) => record?.startsWith('pgvouch:known:'));
  const tested = readFileSync('test/fixtures/alerts/known.yml', 'utf8');
  expect(known.length).toBeGreaterThan(8);
  for (const { record = '', expr } of known) {
    const metric = `pgvouch_${record.slice('pgvouch:known:'.length)}`;
    expect(tested).toContain(`${metric}{job=`);
    const while_ = metric === 'pgvouch_database_configured' ? WHILE_KNOWN : WHILE_UP;
    expect(expr.replace(/\s+/g, ' ').trim()).toBe(
      `${metric} or (${record} and on (job, instance) up unless ${while_})`,
    );
  }
});

test('the scrape configuration knows the job by the name that the rules look for', () => {
  const [job] = parse(shipped('prometheus.yml')).scrape_configs;
  expect(alerts.find(({ alert }) => alert === 'ExporterDown')?.expr).toContain(`{job="${job.job_name}"}`);
});
