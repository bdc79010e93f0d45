import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import pino from 'pino';
import { describe, expect, test } from 'vitest';
import { type ExporterDeps, exportMetrics } from '../../functions/exporter/exporter.ts';
import { failureKey, manifestKey, retentionReportKey } from '../../layers/backup/keys.ts';
import { openVault, type Vault } from '../../layers/vault/vault.ts';
import { parsePrometheusText } from '../support/prometheus-text.ts';
import { sampleManifest } from '../support/sample-manifest.ts';
import { storeBackup } from '../support/stored-backup.ts';
import { closedPort, silentServer } from '../support/webhook-server.ts';
import { freshVault, freshVaultConfig } from '../support/world-vault.ts';

const day = (number: number) => new Date(Date.UTC(2026, 10, number, 2));
const snapshotOf = (number: number) => day(number).getTime() / 1000;

function get(headers: Record<string, string> = {}, rawPath = '/metrics', method = 'GET'): APIGatewayProxyEventV2 {
  const http = { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' };
  const requestContext = {
    accountId: '',
    apiId: '',
    domainName: '',
    domainPrefix: '',
    http,
    requestId: 'r',
    routeKey: '',
    stage: '$default',
    time: '',
    timeEpoch: 0,
  };
  return { version: '2.0', routeKey: '', rawPath, rawQueryString: '', headers, requestContext, isBase64Encoded: false };
}

async function scrape(vault: Vault, event = get(), changes: Partial<ExporterDeps> = {}) {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const deps = { vault, databases: ['shop'], token: undefined, version: '1.2.3', log, ...changes };
  const answer = await exportMetrics(deps, event, Date.now);
  return { ...answer, body: answer.body ?? '', lines };
}

test('a scrape tells what is in the bucket, with a bounded number of requests', async () => {
  const { vault } = await freshVault();
  for (let number = 1; number <= 9; number++) await storeBackup(vault, { firedAt: day(number), verdict: 'readable' });
  await storeBackup(vault, { firedAt: day(10) });
  await storeBackup(vault, { database: 'sh"op\\ü', firedAt: day(4), verdict: 'corrupt' });
  await vault.put(failureKey(vault.prefix, 'shop', day(2)), '{}');
  const asked: string[] = [];
  vault.client.s3.middlewareStack.add(
    (next, context) => (args) => {
      asked.push(String(context.commandName));
      return next(args);
    },
    { step: 'initialize' },
  );

  const { statusCode, headers, body } = await scrape(vault);
  expect(statusCode).toBe(200);
  expect(headers?.['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  const samples = parsePrometheusText(body);
  expect(samples.get('pgvouch_vault_up')).toBe(1);
  expect(samples.get('pgvouch_backups{database="shop",verdict="readable"}')).toBe(9);
  expect(samples.get('pgvouch_backups{database="shop",verdict="none"}')).toBe(1);
  expect(samples.get('pgvouch_last_success_timestamp_seconds{database="shop"}')).toBe(snapshotOf(10));
  expect(samples.get('pgvouch_last_verified_good_timestamp_seconds{database="shop"}')).toBe(snapshotOf(9));
  expect(samples.get('pgvouch_last_dump_duration_seconds{database="shop"}')).toBe(12);
  expect(samples.get('pgvouch_last_failure_timestamp_seconds{database="shop"}')).toBe(day(2).getTime() / 1000);
  expect(samples.get('pgvouch_backups{database="sh"op\\ü",verdict="corrupt"}')).toBe(1);
  expect(samples.get('pgvouch_last_verified_good_timestamp_seconds{database="sh"op\\ü"}')).toBe(0);
  expect(samples.get('pgvouch_retention_last_run_timestamp_seconds')).toBe(0);
  // Two of shop, one of the other, retention's report.
  expect(asked.sort()).toEqual([
    'GetObjectCommand',
    'GetObjectCommand',
    'GetObjectCommand',
    'GetObjectCommand',
    'ListObjectsV2Command',
  ]);
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
  const newer = { ...sampleManifest({ database: 'shop', firedAt: day(2) }), formatVersion: 2 };
  await vault.put(manifestKey(vault.prefix, { database: 'shop', firedAt: day(2) }), JSON.stringify(newer));
  await vault.put(retentionReportKey(vault.prefix), 'not ours');

  const samples = parsePrometheusText((await scrape(vault)).body);
  expect(samples.get('pgvouch_vault_up')).toBe(1);
  expect(samples.get('pgvouch_unreadable_manifests{database="shop"}')).toBe(2);
  expect(samples.get('pgvouch_last_success_timestamp_seconds{database="shop"}')).toBe(snapshotOf(1));
  expect(samples.has('pgvouch_retention_last_run_timestamp_seconds')).toBe(false);
});

describe('a vault that cannot be asked is a fact, not an error', () => {
  const told = ['pgvouch_build_info', 'pgvouch_vault_up', 'pgvouch_database_configured'];

  test('no such bucket', async () => {
    const { statusCode, body, lines } = await scrape(openVault(freshVaultConfig()));
    expect(statusCode).toBe(200);
    const samples = parsePrometheusText(body);
    expect(samples.get('pgvouch_vault_up')).toBe(0);
    expect([...samples.keys()].map((id) => id.replace(/\{.*/, ''))).toEqual(told);
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

describe('who may look', () => {
  const token = { name: 'METRICS_TOKEN', value: 't0ken\n' };

  test.each([
    ['none', {}],
    ['a wrong one', { authorization: 'Bearer t0ke' }],
    ['another scheme', { authorization: 'Basic t0ken' }],
    ['an empty one', { authorization: 'Bearer ' }],
  ])('a request with %s is refused', async (_, headers) => {
    const { vault } = await freshVault();
    const answer = await scrape(vault, get(headers as Record<string, string>), { token });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers?.['www-authenticate']).toContain('Bearer');
    expect(answer.body).toBe('a bearer token is needed\n');
  });

  test.each(['Bearer t0ken', 'bearer  t0ken'])('%s is let in', async (authorization) => {
    const { vault } = await freshVault();
    expect((await scrape(vault, get({ authorization }), { token })).statusCode).toBe(200);
  });

  test('an empty token lets nobody in', async () => {
    const { vault } = await freshVault();
    const empty = { name: 'METRICS_TOKEN', value: ' ' };
    expect((await scrape(vault, get({ authorization: 'Bearer x' }), { token: empty })).statusCode).toBe(401);
  });
});

test.each([
  ['GET', '/'],
  ['GET', '/metrics/x'],
  ['POST', '/metrics'],
])('%s %s is not found', async (method, path) => {
  const { statusCode, body } = await scrape(openVault(freshVaultConfig()), get({}, path, method));
  expect([statusCode, body]).toEqual([404, 'not found\n']);
});
