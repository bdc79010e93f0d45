import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hurriedRules, prometheusDir, shipped, shippedRules } from '../support/alert-files.ts';
import { type PrometheusPrograms, prometheusPrograms } from '../support/prometheus-programs.ts';

const fixtures = resolve(import.meta.dirname, '../fixtures/alerts');
const alerts = shippedRules().filter(({ alert }) => alert !== undefined);
const names = new Set(alerts.map(({ alert }) => alert));

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
  expect(checked).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('2 inhibit rules') });
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

test('the tests notice other limits', async () => {
  const text = shipped('alerts.yml').replace('25 * 3600', '26 * 3600');
  writeFileSync(join(folder, 'alerts.yml'), text);
  const file = join(folder, 'missed.yml');
  const pathless = readFileSync(join(fixtures, 'missed.yml'), 'utf8').replace(
    /^rule_files: .*$/m,
    'rule_files: [alerts.yml]',
  );
  writeFileSync(file, pathless);
  const tested = await programs.run('promtool', ['test', 'rules', file]);
  expect(tested.exitCode).toBe(1);
  expect(`${tested.stdout}${tested.stderr}`).toContain('alertname: BackupMissed, time: 1d2h10m');
});
