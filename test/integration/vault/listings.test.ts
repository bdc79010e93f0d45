import { CreateMultipartUploadCommand, type ListObjectsV2CommandInput } from '@aws-sdk/client-s3';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openObserver } from '../../../functions/exporter/observe/observer.ts';
import { readBackups } from '../../../layers/catalog/backups.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { clustersFolder, segmentKey } from '../../../layers/wal/keys.ts';
import { type StoreProxy, startStoreProxy, through } from '../../support/servers/store-proxy.ts';
import { OUTLIVED_MS, retentionWorld, snapshotOf } from '../../support/world/world-retention.ts';

let proxy: StoreProxy;
beforeAll(async () => {
  proxy = await startStoreProxy(inject('s3').endpoint);
});
afterAll(() => proxy.end());

const truncated = (answer: string) => answer.replace('<IsTruncated>false', '<IsTruncated>true');
/** Whatever the store itself says of how it continues goes. */
const continuing = (end: string, more: string) => (answer: string) =>
  truncated(answer)
    .replace(/<Next\w+>[^<]*<\/Next\w+>|<Next\w+\/>/g, '')
    .replace(end, `${more}${end}`);

/** How stores cut a listing off, and what is said of it. */
const OBJECTS = {
  'without a token': [truncated, 'not where it continues'],
  'with the same token again and again': [
    continuing('</ListBucketResult>', '<NextContinuationToken>same</NextContinuationToken>'),
    'a page that it sent before',
  ],
  'with fewer keys than it announces': [
    (answer: string) => answer.replace(/<(Contents|CommonPrefixes)>.*<\/\1>/s, ''),
    /announces \d+ keys? and sends 0/,
  ],
  'with an empty answer': [() => '', 'the answer is empty'],
} as const;
const UPLOADS = {
  'without a marker': [truncated, 'not where it continues'],
  'with the same marker again and again': [
    continuing(
      '</ListMultipartUploadsResult>',
      '<NextKeyMarker>pgvouch/</NextKeyMarker><NextUploadIdMarker>same</NextUploadIdMarker>',
    ),
    'a page that it sent before',
  ],
} as const;

const cutOff = (problem: string | RegExp) => ({
  name: 'VaultError',
  problem: expect.stringMatching(problem),
  hint: expect.stringContaining('does not list correctly'),
});

/** Backups of which the policy would let some go, an upload to sweep, and the vault as a broken store shows it. */
async function worldBehindProxy() {
  const here = await retentionWorld([0, 40, 50]);
  const { vault, config } = here;
  await vault.client.s3.send(new CreateMultipartUploadCommand({ Bucket: vault.bucket, Key: 'pgvouch/shop/x.dump' }));
  const broken = openVault({ ...config, ...through(proxy, config) });
  return { ...here, broken, before: await snapshotOf(vault) };
}

describe('a listing of objects that is cut off', () => {
  test.each(Object.entries(OBJECTS))('%s is an error everywhere, and retention does nothing', async (_, how) => {
    const [rewrite, problem] = how;
    const { vault, broken, before, run } = await worldBehindProxy();
    proxy.rule = ({ query }) => (query.has('list-type') ? { rewrite } : 'pass');
    await expect(broken.listAll()).rejects.toMatchObject(cutOff(problem));
    await expect(all(broken.list())).rejects.toMatchObject(cutOff(problem));
    await expect(broken.listLevel()).rejects.toMatchObject(cutOff(problem));
    await expect(readBackups(broken, 'shop')).rejects.toMatchObject(cutOff(problem));
    await expect(run({ removal: 'direct', sweepGraceMs: OUTLIVED_MS, graceDays: 0 }, broken)).rejects.toMatchObject(
      cutOff(problem),
    );
    expect(await observe(broken)).toMatchObject({ vaultUp: false });
    expect(await snapshotOf(vault)).toEqual(before);
  });
});

describe('a listing of unfinished uploads that is cut off', () => {
  test.each(Object.entries(UPLOADS))('%s is an error, and retention does nothing', async (_, how) => {
    const [rewrite, problem] = how;
    const { vault, broken, before, run } = await worldBehindProxy();
    proxy.rule = ({ query }) => (query.has('uploads') ? { rewrite } : 'pass');
    await expect(all(broken.unfinishedUploads())).rejects.toMatchObject(cutOff(problem));
    await expect(run({}, broken)).rejects.toMatchObject(cutOff(problem));
    expect(await snapshotOf(vault)).toEqual(before);
  });
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

function observe(vault: Vault) {
  const log = pino({ level: 'silent' });
  const observer = openObserver({ vault, log, databases: ['shop'] }, Date.now);
  return observer.observe(AbortSignal.timeout(20_000));
}

test('backups are listed without the WAL of clusters, however much there is', async () => {
  const { vault } = await retentionWorld([0, 40]);
  const folder = clustersFolder(vault.prefix);
  for (const name of ['1', '2', '3', '4']) await vault.put(segmentKey(vault.prefix, '7', name), 'WAL');
  const listed: string[] = [];
  vault.client.s3.middlewareStack.add(
    (next) => (args) => {
      const input = args.input as ListObjectsV2CommandInput;
      // As with very many objects: a page has few of them.
      if ('Prefix' in input) {
        input.MaxKeys = 3;
        listed.push(input.Prefix ?? '');
      }
      return next(args);
    },
    { step: 'initialize' },
  );
  expect((await readBackups(vault)).backups).toHaveLength(2);
  expect(listed.length).toBeGreaterThan(2);
  expect(listed.filter((prefix) => prefix.startsWith(folder))).toEqual([]);
});
