import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import {
  hurriedRules,
  prometheusDir,
  receiverConfig,
  shipped,
  shippedRules,
} from '../../support/prometheus/alert-files.ts';
import { startAlertmanager } from '../../support/prometheus/prometheus.ts';
import { type PrometheusPrograms, prometheusPrograms } from '../../support/prometheus/prometheus-programs.ts';
import { pgvouch } from '../../support/servers/command-line.ts';
import { closedPort } from '../../support/servers/webhook-server.ts';

const fixtures = resolve(import.meta.dirname, '../../fixtures/alerts');
const alerts = shippedRules().filter(({ alert }) => alert !== undefined);
const names = new Set(alerts.map(({ alert }) => alert));

vi.setConfig({ testTimeout: 300_000 });

let programs: PrometheusPrograms;
let folder: string;

beforeAll(async () => {
  programs = await prometheusPrograms();
  folder = mkdtempSync(join(tmpdir(), 'pgvouch-alerts-'));
  cpSync(prometheusDir, folder, { recursive: true });
  writeFileSync(join(folder, 'pgvouch-token'), 't0ken');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('promtool finds nothing to complain of in the rules, as they are and in a hurry', async () => {
  writeFileSync(join(folder, 'hurried.yml'), hurriedRules({ backup_age_seconds: 15 }, '1s'));
  const checked = await programs.run('promtool', [
    ...['check', 'rules', '--lint=all', '--lint-fatal'],
    ...[join(folder, 'alerts.yml'), join(folder, 'hurried.yml')],
  ]);
  expect(checked).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/SUCCESS: \d+ rules found/) });
});

test('promtool takes the scrape configuration, with its rules and its token', async () => {
  const checked = await programs.run('promtool', ['check', 'config', join(folder, 'prometheus.yml')]);
  expect(checked).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('1 rule files found') });
});

test('amtool takes the Alertmanager example', async () => {
  const checked = await programs.run('amtool', ['check-config', join(folder, 'alertmanager.yml')]);
  expect(checked).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('4 inhibit rules') });
});

test('every alert fires when it should, does not just below, and resolves', async () => {
  const files = readdirSync(fixtures).map((name) => join(fixtures, name));
  const tested = await programs.run('promtool', ['test', 'rules', ...files]);
  expect(`${tested.stdout}\n${tested.stderr}`).not.toContain('FAILED');
  expect(tested.exitCode).toBe(0);
  expect(tested.stdout.match(/SUCCESS/g)).toHaveLength(files.length);
  // promtool is content with an alert that no file names.
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  for (const name of names) {
    expect(text).toMatch(new RegExp(`alertname: ${name}\n +eval_time: \\w+\n +exp_alerts:`));
    expect(text).toMatch(new RegExp(`alertname: ${name}, eval_time: \\w+, exp_alerts: \\[\\]`));
  }
});

test('the commands of the runbook are commands of ours, with options that they have', async () => {
  const runbook = readFileSync(resolve(import.meta.dirname, '../../../docs/runbook.md'), 'utf8');
  const commands = Array.from(runbook.matchAll(/npx pgvouch ([a-z]+)([^\n`#&]*)/g), ([, verb = '', rest = '']) => ({
    verb,
    options: rest.match(/(?<= )--[a-z-]+/g) ?? [],
  }));
  const verbs = [...new Set(commands.map(({ verb }) => verb))];
  expect(verbs.sort()).toEqual([
    ...['accept', 'adopt', 'base', 'dump', 'keep', 'list', 'refresh', 'restore', 'retention', 'show', 'slot', 'status'],
    'verify',
  ]);
  for (const verb of verbs) {
    const { exitCode, stdout } = await pgvouch({}, verb, '--help');
    expect(exitCode).toBe(0);
    const used = commands.filter((command) => command.verb === verb).flatMap(({ options }) => options);
    for (const option of used) expect(stdout).toContain(`${option}`);
  }
});

test('what inhibits what: who cannot look has no news, and without new backups there is nothing new to restore', async () => {
  const alertmanager = await startAlertmanager(join(folder, 'alertmanager'), {
    // Nobody is told anything.
    'alertmanager.yml': receiverConfig(`http://127.0.0.1:${await closedPort()}/`),
  });
  onTestFinished(() => alertmanager.end());
  // In each case the first inhibits those of the second list, and leaves those of the third.
  const cases = [
    [
      'VaultDown a',
      ['BackupMissed a shop', 'RestoreDrillStale a shop'],
      ['DumpTimeShort a shop', 'BackupMissed z shop'],
    ],
    ['ExporterDown b', ['BackupCorrupt b shop', 'RestoreDrillStale b shop'], ['VaultDown b']],
    ['BackupMissed c shop', ['RestoreDrillStale c shop'], ['RestoreDrillStale c crm', 'BackupCorrupt c shop']],
    ['BackupNeverTaken d shop', ['RestoreDrillStale d shop'], ['RestoreDrillStale y shop', 'BackupFailed d shop']],
    ['BaseMissed f', ['RecoveryDrillStale f'], ['RecoveryDrillStale w', 'WalGap f']],
    [
      'VaultDown g',
      ['WalArchiveStalled g', 'SlotRetentionHigh g', 'WalGap g', 'BaseMissed g'],
      ['WalArchiveStalled v'],
    ],
    ['VaultDown h  main', ['BackupMissed h shop main', 'WalGap h  main'], ['BackupMissed h shop old', 'WalGap h  old']],
    ['BackupMissed i shop main', ['RestoreDrillStale i shop main'], ['RestoreDrillStale i shop old']],
    ['BackupFailed e shop', [], ['RestoreDrillStale e shop', 'BackupCorrupt e shop']],
  ] as const;
  const labelsOf = (alert: string) => {
    const [alertname, instance, database, server] = alert.split(' ');
    return { alertname, job: 'pgvouch', instance, ...(database && { database }), ...(server && { server }) };
  };
  const told = await fetch(`http://${alertmanager.address}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(
      cases.flatMap(([source, ...lists]) => [source, ...lists.flat()]).map((alert) => ({ labels: labelsOf(alert) })),
    ),
  });
  expect(told.ok).toBe(true);
  const inhibited = async () => {
    const alerts =
      await alertmanager.get<{ labels: Record<string, string>; status: { inhibitedBy: string[] } }[]>('/api/v2/alerts');
    const names = alerts.map(({ labels, status }) => ({
      name: [labels.alertname, labels.instance, labels.database ?? '', labels.server ?? ''].join(' ').trimEnd(),
      inhibited: status.inhibitedBy.length > 0,
    }));
    expect(names.length).toBe(new Set(cases.flatMap(([source, ...lists]) => [source, ...lists.flat()])).size);
    return names
      .filter((one) => one.inhibited)
      .map(({ name }) => name)
      .sort();
  };
  await vi.waitFor(async () => expect(await inhibited()).toEqual(cases.flatMap(([, those]) => those).sort()), 30_000);
});

test('the tests notice another limit', async () => {
  writeFileSync(join(folder, 'alerts.yml'), shipped('alerts.yml').replace(/(?<=:limit:objects\n +expr: )1000/, '1001'));
  const text = readFileSync(join(fixtures, 'bucket.yml'), 'utf8');
  writeFileSync(join(folder, 'bucket.yml'), text.replace(/^rule_files: .*$/m, 'rule_files: [alerts.yml]'));
  const tested = await programs.run('promtool', ['test', 'rules', join(folder, 'bucket.yml')]);
  expect(tested.exitCode).toBe(1);
  expect(`${tested.stdout}${tested.stderr}`).toContain('alertname: BackupStorageHigh, time: 2h');
});
