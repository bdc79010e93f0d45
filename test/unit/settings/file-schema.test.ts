import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { configurationProblems } from '../../../functions/configuration.ts';
import { readConfigFile } from '../../../layers/settings/file/config-file.ts';
import { fillKeys, KEY_PLACES, keyPlacesIn } from '../../../layers/settings/file/config-page.ts';
import { environmentOf } from '../../../layers/settings/file/environment-of.ts';
import { LEAVES } from '../../../layers/settings/file/places.ts';
import { configSchema } from '../../../layers/settings/file/schema.ts';
import { VARIABLES } from '../../../layers/settings/variables.ts';

const read = (file: string) => readFileSync(path.resolve(import.meta.dirname, '../../..', file), 'utf8');
const page = read('docs/config-file.md');
const examples = Array.from(page.matchAll(/```yaml\n(.*?)```/gs), ([, text = '']) => text);
const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictTypes: false });
addFormats.default(ajv);
const isValid = ajv.compile(configSchema());

/** What has no place in the file, and why. */
const NOT_IN_FILE = [
  // The file itself, and what it becomes.
  ...['PGVOUCH_CONFIG', 'PGVOUCH_SERVER', 'PGVOUCH_SETTINGS_FILE', 'DATABASE_SETTINGS', 'SERVER_SETTINGS', 'REFRESHES'],
  ...['POSTGRES_DB', 'POSTGRES_DBS'],
  // It may hold a password; host, port and user have keys.
  'POSTGRES_URL',
  // Another name for what has one.
  'KEEP_WITHIN_DAYS',
  // Set by the deployment, or about it alone.
  ...['VERIFY_TASK', 'VERIFY_TASK_FROM_GB', 'TASK_SCRATCH_EXTENSIONS', 'RECOVERY_TASK'],
  ...['PGVOUCH_EVENT', 'DUMP_FUNCTION', 'NOTIFY_FUNCTION'],
  // Ports of the stack of npm start.
  ...['LOCAL_LAMBDA_PORT', 'LOCAL_POSTGRES_PORT', 'LOCAL_BUCKET_PORT'],
];

test('every variable has a key of its own, or a reason to have none', () => {
  const named = LEAVES.map(({ name }) => name);
  expect([...named, ...NOT_IN_FILE].sort()).toEqual(Object.keys(VARIABLES).sort());
  const keys = LEAVES.map(({ file }) => file.at);
  expect(new Set(keys).size).toBe(keys.length);
  // A key has either a value or keys below it.
  expect(keys.filter((key) => keys.some((other) => other.startsWith(`${key}.`)))).toEqual([]);
});

test('the schema in the package is that of the table: npm run docs:variables writes it', () => {
  expect(JSON.parse(read('deploy/package/pgvouch.schema.json'))).toEqual(configSchema());
});

test('the page has every key: npm run docs:variables writes them', () => {
  expect(keyPlacesIn(page)).toEqual(KEY_PLACES);
  expect(fillKeys(page)).toBe(page);
  for (const { file } of LEAVES) expect(page).toContain(`| \`${file.at}\``);
});

describe('the examples of the page', () => {
  test.each(examples)('%#: schema and reader take it', (text) => {
    expect(isValid(parse(text)), JSON.stringify(isValid.errors)).toBe(true);
    expect(readConfigFile(text).problems).toEqual([]);
  });

  test('the first is a whole configuration', () => {
    const file = readConfigFile(examples[0] ?? '');
    const { env, problems } = environmentOf(file, file.servers[0], { SMTP_URL: 'smtps://mail.example' });
    expect(problems).toEqual([]);
    expect(configurationProblems(() => env)).toEqual([]);
  });
});

test.each([
  'retention: {dialy: 7}',
  'bucket: {maxParts: 10001}',
  'fingerprint: contents',
  'server: {password: hunter2}',
  'server: {password: {file: /a, variable: B}}',
  'server: {bucket: {name: x}}',
  'server: {databases: {shop: {host: x}}}',
  'server: {databases: []}',
  'exclude: {tables: a}',
])('%s: schema and reader refuse it', (text) => {
  expect(isValid(parse(text))).toBe(false);
  expect(readConfigFile(text).problems).not.toEqual([]);
});

test.each([
  'notifications: {telegram: {chat: -1001234567890}}',
  'port: 5432',
  'port: "5432,5433"',
  'retention: {dryRun: true}',
  'verify: {drill: off}',
  'server: {databases: [shop, 2024]}',
  'notifications: {databases: {mail: [shop]}}',
])('%s: schema and reader take it', (text) => {
  expect(isValid(parse(text)), JSON.stringify(isValid.errors)).toBe(true);
  expect(readConfigFile(text).problems).toEqual([]);
});
