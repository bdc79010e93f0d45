import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { configurationProblems } from '../../../functions/configuration.ts';
import { VARIABLES } from '../../../layers/settings/variables.ts';

type Variables = Readonly<Record<string, string>>;

const read = (file: string) => readFileSync(path.join('deploy', file), 'utf8');
const example: Variables = Object.fromEntries(
  Array.from(read('example.env').matchAll(/^([A-Z_]+)=(.*)$/gm), ([, name = '', value = '']) => [name, value]),
);
const composeText = read('compose.yaml');
const compose = parse(composeText).services.pgvouch.environment as Variables;
const [configMap] = parseAllDocuments(read('kubernetes.yaml')).map((document) => document.toJS());
const unit: Variables = Object.fromEntries(
  Array.from(read('systemd/pgvouch.service').matchAll(/^Environment=(\w+)=(.*)$/gm), ([, name = '', value = '']) => [
    name,
    value.replaceAll('%S', '/var/lib'),
  ]),
);
const SECRETS = ['POSTGRES_PASSWORD', 'MINIO_ACCESS_KEY', 'MINIO_SECRET_KEY'];
const secrets: Variables = Object.fromEntries(SECRETS.map((name) => [name, 'a1b2c3']));

describe.each([
  ['Compose', { ...example, ...compose, MINIO_NOTIFY_ARN: 'arn:minio:sqs::PGVOUCH:webhook' }],
  ['systemd', { ...unit, ...example }],
  ['Kubernetes', configMap.data as Variables],
])('%s', (_, variables) => {
  test('sets only variables that there are', () => {
    expect(Object.keys(variables).filter((name) => !(name in VARIABLES))).toEqual([]);
  });

  test('is a configuration that pgvouch takes as soon as the passwords are set', () => {
    expect(configurationProblems(() => ({ ...variables, ...secrets }))).toEqual([]);
  });
});

test('drills of the unit have a folder that systemd makes', () => {
  expect(unit.DRILL_FOLDER).toBe(unit.PGVOUCH_STATE_DIR);
});

test('the passwords in the example are empty, and said to be missing', () => {
  expect(example).toMatchObject({ POSTGRES_PASSWORD: '', MINIO_SECRET_KEY: '' });
  expect(composeText).toContain('{POSTGRES_PASSWORD:?');
  expect(composeText).toContain('{MINIO_SECRET_KEY:?');
});

test('Compose asks .env for nothing but variables, images, ports of monitoring and the file of a token', () => {
  const asked = new Set(Array.from(composeText.matchAll(/\$\{(\w+)/g), ([, name = '']) => name));
  const ofMonitoring = ['PROMETHEUS_TOKEN_FILE', 'PROMETHEUS_PORT', 'GRAFANA_PORT'];
  const known = (name: string) => name in VARIABLES || name.endsWith('_IMAGE') || ofMonitoring.includes(name);
  expect(asked.size).toBeGreaterThan(10);
  expect([...asked].filter((name) => !known(name))).toEqual([]);
});

test('docs/moving.md replaces old variables by ones that there are', () => {
  const rows = Array.from(readFileSync('docs/moving.md', 'utf8').matchAll(/^\| (`[A-Z].*?) \| (.*) \|$/gm));
  const named = rows.flatMap(([, , now = '']) => Array.from(now.matchAll(/`([A-Z][A-Z_]+)/g), ([, name = '']) => name));
  expect(rows.length).toBeGreaterThan(25);
  const ofAws = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
  expect(named.filter((name) => !(name in VARIABLES) && !ofAws.includes(name))).toEqual([]);
});

test('whoever makes the secret for Kubernetes is given all that the rest lacks', () => {
  const made = Array.from(read('kubernetes.yaml').matchAll(/--from-literal=(\w+)/g), ([, name = '']) => name);
  expect(made).toEqual(SECRETS);
  for (const name of SECRETS) expect(configMap.data).not.toHaveProperty(name);
});
