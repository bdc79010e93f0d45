import pino from 'pino';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { answerRequest } from '../../../functions/exporter/exporter.ts';
import { openObserver } from '../../../functions/exporter/observe/observer.ts';
import { failureKey, verdictKey } from '../../../layers/backup/keys.ts';
import { readSchedule } from '../../../layers/schedule/expression.ts';
import type { SecretSource } from '../../../layers/settings/environment.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { closedPort } from '../../support/servers/webhook-server.ts';
import { startChromium, type TestChromium } from '../../support/status/chromium.ts';
import { startHttpFront } from '../../support/status/status-server.ts';
import { storeBackup } from '../../support/world/stored-backup.ts';
import { freshVault, freshVaultConfig } from '../../support/world/world-vault.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** For Chromium, once. */
const DOWNLOAD_MS = 600_000;
const ago = (ms: number) => new Date(Math.floor((Date.now() - ms) / 1000) * 1000);

let chromium: TestChromium;

beforeAll(async () => {
  chromium = await startChromium();
}, DOWNLOAD_MS);

afterAll(() => chromium?.end());

/** The real exporter behind HTTP. */
async function serve(vault: Vault, databases: readonly string[], token?: SecretSource): Promise<string> {
  const log = pino({ level: 'silent' });
  const scheduleOf = () => readSchedule('cron(0 2 * * ? *)', 'DUMP_SCHEDULE');
  const observer = openObserver({ vault, log, databases, scheduleOf }, Date.now);
  const deps = { servers: [{ name: undefined, observer, vault }], token, version: '1.2.3', log };
  const front = await startHttpFront((event) => answerRequest(deps, event, Date.now));
  onTestFinished(() => front.end());
  return front.url;
}

test('what stands in the bucket stands on the page', async () => {
  const { vault } = await freshVault();
  for (let days = 3; days >= 1; days--) {
    const firedAt = ago(days * DAY_MS);
    await storeBackup(vault, { firedAt, verdict: 'restorable', ...(days === 3 && { removeAfter: ago(-2 * DAY_MS) }) });
  }
  const firedAt = ago(1000);
  await storeBackup(vault, { firedAt });
  const verdict = {
    format: 'pgvouch/verdict',
    formatVersion: 1,
    verdict: 'corrupt',
    reasons: ['The archive has another SHA-256 than its manifest says.'],
    verifiedAt: new Date().toISOString(),
    durationMs: 10,
    archiveKey: 'x',
    sizeBytes: 1,
    sha256: 'a'.repeat(64),
    client: 'pg_restore (PostgreSQL) 18.4',
  };
  await vault.put(verdictKey(vault.prefix, { database: 'shop', firedAt }, 'corrupt'), JSON.stringify(verdict));
  const failedAt = new Date();
  const failure = {
    format: 'pgvouch/failure',
    formatVersion: 1,
    at: failedAt.toISOString(),
    function: 'dump',
    database: 'shop',
    error: { type: 'DumpError', problem: 'dump shop: connection refused', hint: 'start the server' },
    attempts: 3,
    requestId: 'r',
  };
  await vault.put(failureKey(vault.prefix, 'shop', failedAt), JSON.stringify(failure));

  const context = await chromium.context();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(await serve(vault, ['shop', 'never']));
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('2 of 2 databases need you');
  const shop = page.getByRole('region', { name: 'shop' });
  expect(await shop.locator('.headline').innerText()).toMatch(/^corrupt, \d+ s ago; the last good one is 24 h old$/);
  expect(await shop.locator('.findings').innerText()).toContain('another SHA-256');
  expect(await shop.locator('.findings').innerText()).toMatch(/dump failed \d+ s ago\. dump shop: connection refused/);
  expect(await shop.locator('.findings').innerText()).toContain('start the server');
  expect(await shop.locator('dl').innerText()).toMatch(/Can go back to\s+\d+ \w+/);
  expect(await shop.locator('dl').innerText()).toMatch(/Next run\s+02:00 UTC, in \d+ /);
  await shop.locator('summary', { hasText: '1 retired, it goes after' }).click();
  expect(await shop.getByRole('table').last().innerText()).toContain('older than 30d');
  expect(await page.getByRole('region', { name: 'never' }).locator('.headline').innerText()).toBe('never backed up');
});

test('a failure of the last of many databases stands first, in its own words', async () => {
  const { vault } = await freshVault();
  const names = Array.from({ length: 26 }, (_, index) => `db${index}`);
  const firedAt = ago(HOUR_MS);
  await Promise.all(names.map((database) => storeBackup(vault, { database, firedAt, verdict: 'restorable' })));
  const at = new Date().toISOString();
  const error = { type: 'DumpError', problem: 'dump db25: no disk' };
  const failure = {
    format: 'pgvouch/failure',
    formatVersion: 1,
    at,
    function: 'dump',
    error,
    attempts: 3,
    requestId: 'r',
  };
  await vault.put(failureKey(vault.prefix, 'db25', new Date(at)), JSON.stringify(failure));
  const body = await (await fetch(await serve(vault, names))).text();
  expect(/<title>(.*)<\/title>/.exec(body)?.[1]).toBe('db25 needs you · pgvouch');
  expect(body.includes('dump db25: no disk')).toBe(true);
  expect(body.indexOf('id="db-db25"')).toBeLessThan(body.indexOf('id="db-db0"'));
});

describe('a bucket that does not answer', () => {
  test('still gives a page, which says so', async () => {
    const server = { endpoint: `http://127.0.0.1:${await closedPort()}`, accessKeyId: 'a', secretAccessKey: 's' };
    const response = await fetch(await serve(openVault(freshVaultConfig({ server })), ['shop']));
    const body = await response.text();
    expect(response.status).toBe(200);
    expect(body).toContain('The bucket does not answer');
    expect(body).not.toContain(server.endpoint);
  });
});

describe('who may look', () => {
  const token = { name: 'METRICS_TOKEN', value: 't0ken' };

  test('nobody without the token; with it as bearer, or as the password of anybody', async () => {
    const { vault } = await freshVault();
    const url = await serve(vault, ['shop'], token);
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    for (const authorization of ['', 'Bearer t0ke', basic('t0ken:'), basic('me:t0ke'), basic('t0ken')]) {
      const answer = await fetch(url, { headers: { authorization } });
      expect(answer.status).toBe(401);
      expect(await answer.text()).not.toContain('shop');
    }
    for (const authorization of ['Bearer t0ken', basic('me:t0ken'), basic(':t0ken')]) {
      const answer = await fetch(url, { headers: { authorization } });
      expect(answer.status).toBe(200);
      const body = await answer.text();
      expect(body).toContain('shop');
      expect(body).not.toContain('t0ken');
    }
    expect((await fetch(`${url}?database=nobody`, { headers: { authorization: 'Bearer t0ken' } })).status).toBe(404);
  });

  test('a browser asks for it, and keeps it for the page of one database', async () => {
    const { vault } = await freshVault();
    await storeBackup(vault, { firedAt: ago(HOUR_MS), verdict: 'readable' });
    await storeBackup(vault, { database: 'other', firedAt: ago(HOUR_MS), verdict: 'readable' });
    const url = await serve(vault, ['shop', 'other'], token);
    const context = await chromium.context({ httpCredentials: { username: 'me', password: 't0ken' } });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    expect((await page.goto(url))?.status()).toBe(200);
    await page.getByRole('link', { name: 'More of shop' }).click();
    expect(await page.title()).toBe('shop · pgvouch');
    await page.getByRole('link', { name: 'all databases' }).click();
    expect(new URL(page.url()).search).toBe('');
  });

  test('the answer lets nothing else in, and stays nowhere', async () => {
    const { vault } = await freshVault();
    const { headers } = await fetch(await serve(vault, ['shop']));
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
  });
});
