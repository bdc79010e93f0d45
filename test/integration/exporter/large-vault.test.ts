import { DeleteBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import pino from 'pino';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { formatMetrics } from '../../../functions/exporter/metrics/format-metrics.ts';
import { openObserver } from '../../../functions/exporter/observe/observer.ts';
import { backupFolder, summaryKey } from '../../../layers/backup/keys.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { parsePrometheusText } from '../../support/prometheus/prometheus-text.ts';
import { storeMany } from '../../support/world/large-vault.ts';
import { storeBackup } from '../../support/world/stored-backup.ts';
import { freshVault } from '../../support/world/world-vault.ts';

const databases = ['shop', 'crm'];
const EACH = 40;
/** As if a page held so few, and a vault of so few objects were small: thousands take long to store. */
const PAGE_OBJECTS = 120;
const SMALL_OBJECTS = 300;
const newestAt = new Date(Math.floor(Date.now() / 1000) * 1000 - 60_000);
let vault: Vault;

beforeAll(async () => {
  vault = (await freshVault()).vault;
  await storeMany(vault, { databases, each: EACH, newestAt });
});

beforeEach(() => vault.remove(summaryKey(vault.prefix)));

/**
 * An exporter's process, and the requests that it sends; each scrape looks anew.
 *
 * @param hold - what a request waits for, and may fail of
 */
function openProcess(hold: (name: string, asked: readonly string[]) => Promise<void> = async () => {}) {
  const own = openVault(vault.config);
  const asked: string[] = [];
  own.client.s3.middlewareStack.add(
    (next, context) => async (args) => {
      const name = String(context.commandName).replace('Command', '');
      asked.push(name);
      await hold(name, asked);
      return next(name === 'ListObjectsV2' ? { ...args, input: { MaxKeys: PAGE_OBJECTS, ...args.input } } : args);
    },
    { step: 'initialize' },
  );
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  let aheadMs = 0;
  const deps = { vault: own, databases, log, smallObjects: SMALL_OBJECTS };
  const observer = openObserver(deps, () => Date.now() + aheadMs);
  return {
    asked,
    lines,
    async scrape(signal = AbortSignal.timeout(60_000)) {
      asked.length = 0;
      const { body } = await formatMetrics([await observer.observe(signal)], { version: '1' });
      aheadMs += 60_000;
      return parsePrometheusText(body);
    },
  };
}

const summary = () => vault.getText(summaryKey(vault.prefix));
const count = (samples: ReadonlyMap<string, number>, database: string, verdict: string) =>
  samples.get(`pgvouch_backups{database="${database}",verdict="${verdict}"}`);
const gets = (asked: readonly string[]) => asked.filter((name) => name === 'GetObject').length;
/** What does not tell of the scrape itself. */
const facts = (samples: ReadonlyMap<string, number>) =>
  Object.fromEntries([...samples].filter(([id]) => !/pgvouch_(scrape|vault_latency|object)|_age_/.test(id)));

test('a large vault leaves a summary, and the next cold start needs no more than that', async () => {
  const first = openProcess();
  const told = await first.scrape();
  expect(count(told, 'shop', 'restorable')).toBe(EACH * 0.9);
  expect(count(told, 'crm', 'readable')).toBe(EACH * 0.1);
  expect(first.asked.filter((name) => name === 'PutObject')).toHaveLength(1);
  expect(JSON.parse((await summary()) ?? '').objects.length).toBeGreaterThan(SMALL_OBJECTS);

  // It is not written at every scrape, and a new backup still shows at once, in a warm process and in a cold one.
  await storeBackup(vault, { database: 'shop', firedAt: new Date(newestAt.getTime() + 30_000) });
  const warm = await first.scrape();
  expect([count(warm, 'shop', 'none'), first.asked.includes('PutObject')]).toEqual([1, false]);
  const second = openProcess();
  expect(facts(await second.scrape())).toEqual(facts(warm));
  // The summary, the report and the new manifest: the others' facts are in the summary.
  expect(gets(second.asked)).toBe(3);
});

test('what goes from old backups shows after one round', async () => {
  const { scrape } = openProcess();
  const before = count(await scrape(), 'crm', 'restorable') ?? 0;
  const old = { database: 'crm', firedAt: new Date(newestAt.getTime() - (EACH - 2) * 6 * 60 * 60 * 1000) };
  for (const { key } of await vault.listAll(backupFolder(vault.prefix, old))) await vault.remove(key);
  // Less than six pages are two looks.
  await scrape();
  expect(count(await scrape(), 'crm', 'restorable')).toBe(before - 1);
});

describe('a summary that cannot be used is made anew', () => {
  test.each([
    ['damaged', (text: string) => text.slice(0, 1_000)],
    ['not ours', () => '{"format":"pgvouch/manifest","formatVersion":1}'],
    ['of a newer version', (text: string) => text.replace('"formatVersion":1', '"formatVersion":2')],
    ['of impossible fields', (text: string) => text.replace(/"objects":\[\[\d+/, '"objects":[["many"')],
  ])('%s', async (_, damage) => {
    const expected = facts(await openProcess().scrape());
    await vault.put(summaryKey(vault.prefix), damage((await summary()) ?? ''));
    const { scrape, lines } = openProcess();
    expect(facts(await scrape())).toEqual(expected);
    expect(lines.join('')).toContain('the summary cannot be read');
    expect(JSON.parse((await summary()) ?? '')).toMatchObject({ format: 'pgvouch/summary', formatVersion: 1 });
  });

  test.each([
    ['old', -25],
    ['of the future', 1],
  ])('%s', async (_, hours) => {
    const expected = facts(await openProcess().scrape());
    const listedAt = new Date(Date.now() + hours * 60 * 60 * 1000).toISOString();
    const objects = [[0, `${vault.prefix}shop/2020-01-01T00-00-00Z/manifest.json`, 1, 0]];
    const wrong = { ...JSON.parse((await summary()) ?? ''), listedAt, objects };
    await vault.put(summaryKey(vault.prefix), JSON.stringify(wrong));
    expect(facts(await openProcess().scrape())).toEqual(expected);
  });
});

test('a scrape that ends while the summary is being written has seen the vault', async () => {
  const scraper = new AbortController();
  const { scrape } = openProcess(async (name) => {
    if (name !== 'PutObject') return;
    scraper.abort();
    await new Promise(() => {});
  });
  const samples = await scrape(scraper.signal);
  expect(samples.get('pgvouch_vault_up')).toBe(1);
  expect(count(samples, 'shop', 'restorable')).toBe(EACH * 0.9);
});

test('a first listing that is broken off goes on where it was, at the next look', async () => {
  const lists = (asked: readonly string[]) => asked.filter((name) => name === 'ListObjectsV2').length;
  let look = 1;
  // A page a look: it would never get done if it began anew.
  const { scrape, asked } = openProcess(async (name, sofar) => {
    if (look < 3 && name === 'ListObjectsV2' && lists(sofar) > 1) throw new Error('the look is over');
  });
  for (; look < 3; look++) {
    const samples = await scrape();
    expect(samples.get('pgvouch_vault_up')).toBe(0);
    expect(samples.has('pgvouch_objects{database="shop"}')).toBe(false);
  }
  const told = await scrape();
  const whole = openProcess();
  expect(facts(told)).toEqual(facts(await whole.scrape()));
  expect(lists(asked)).toBeLessThan(lists(whole.asked));
});

test('who may not write a summary does without', async () => {
  const Resource = `arn:aws:s3:::${vault.bucket}/${summaryKey(vault.prefix)}`;
  const Statement = [{ Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource }];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await vault.client.s3.send(new PutBucketPolicyCommand({ Bucket: vault.bucket, Policy }));
  onTestFinished(async () => {
    await vault.client.s3.send(new DeleteBucketPolicyCommand({ Bucket: vault.bucket }));
  });
  const { scrape, lines } = openProcess();
  expect((await scrape()).get('pgvouch_vault_up')).toBe(1);
  expect(lines.join('')).toContain('the summary cannot be written');
  expect(await summary()).toBeUndefined();
});
