import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { recordFailure } from '../../../functions/notify/failure-record.ts';
import { archiveKey, globalsKey, manifestKey } from '../../../layers/backup/keys.ts';
import { type Manifest, parseManifest } from '../../../layers/backup/manifest.ts';
import { tryConditionalWrites } from '../../../layers/vault/abilities.ts';
import { bodyOf } from '../../../layers/vault/body.ts';
import { ensureBucket } from '../../../layers/vault/bucket.ts';
import { putLifecycle } from '../../../layers/vault/lifecycle.ts';
import { readTagged, replaceTagged } from '../../../layers/vault/replace.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import {
  type Fate,
  type StoreProxy,
  type StoreRequest,
  startStoreProxy,
  through,
} from '../../support/servers/store-proxy.ts';
import { archiveOf } from '../../support/world/archive.ts';
import { nameOf, world } from '../../support/world/world.ts';
import { freshVault } from '../../support/world/world-vault.ts';

let proxy: StoreProxy;
beforeAll(async () => {
  proxy = await startStoreProxy(inject('s3').endpoint);
});
beforeEach(() => {
  proxy.rule = () => 'pass';
});
afterAll(() => proxy.end());

async function vaultBehindProxy(changes: { contentMd5?: boolean } = {}): Promise<Vault> {
  const { config } = await freshVault();
  return openVault({ ...config, ...through(proxy, config), ...changes });
}

const firedAt = new Date('2026-11-22T02:00:00Z');
const ORDERS = 'CREATE TABLE orders AS SELECT g AS id FROM generate_series(1, 10) g';
const OTHER = '00000000-0000-4000-8000-000000000000';

/** Does as a delivery of the same firing that comes a moment later: its archive, its globals, its manifest. */
async function anotherDelivery(vault: Vault, key: string): Promise<Manifest> {
  const ours = parseManifest((await vault.getText(key)) ?? '', key);
  const archive = archiveKey(vault.prefix, nameOf(ours), OTHER);
  const globals = globalsKey(vault.prefix, nameOf(ours), OTHER);
  await vault.put(globals, (await vault.getText(ours.globals.key)) ?? '');
  const bytes = await archiveOf(vault, ours);
  async function* body() {
    yield bytes;
  }
  await vault.upload(archive, bodyOf(body()), { partSizeBytes: 5_242_880 });
  const other: Manifest = {
    ...{ ...ours, attempt: OTHER },
    archive: { ...ours.archive, key: archive },
    globals: { ...ours.globals, key: globals },
  };
  await vault.put(key, JSON.stringify(other));
  return other;
}

const isConditional = ({ headers }: StoreRequest) => 'if-none-match' in headers || 'if-match' in headers;
const STORES: Record<'refused' | 'ignored', (request: StoreRequest) => Fate> = {
  refused: (request) => (isConditional(request) ? { status: 501, code: 'NotImplemented' } : 'pass'),
  ignored: ({ headers }) => ('if-none-match' in headers ? { without: 'if-none-match', keys: inject('s3') } : 'pass'),
};

describe.each(Object.entries(STORES))('a store by which conditional writes are %s', (what, rule) => {
  test('is known for it, and nothing is left of the trial', async () => {
    const vault = await vaultBehindProxy();
    expect(await tryConditionalWrites(vault)).toBe('kept');
    proxy.rule = rule;
    expect(await tryConditionalWrites(vault)).toBe(what);
    expect(await vault.listAll()).toEqual([]);
  });

  test('backs up and proves; a second delivery finds the first, and so does a second verdict', async () => {
    const here = await world({ vault: await vaultBehindProxy() });
    await here.sql(ORDERS);
    proxy.rule = rule;
    const manifest = await here.dump(undefined, { firedAt });
    expect(await here.dump(undefined, { firedAt })).toEqual(manifest);
    const verdict = await here.verify(manifest);
    expect(await here.verify(manifest)).toEqual(verdict);
    expect(await here.keys()).toHaveLength(4);
  });

  test('two deliveries at the same moment: both name the one that stands, and the verdict is on its archive', async () => {
    const { vault: direct, config } = await freshVault();
    const here = await world({ vault: openVault({ ...config, ...through(proxy, config) }) });
    await here.sql(ORDERS);
    const key = manifestKey(direct.prefix, { database: here.database, firedAt });
    let other: Manifest | undefined;
    let written = false;
    // Its own manifest stands there, and before it looks whether that is so, the other's is written over it.
    proxy.rule = async (request) => {
      if (request.key === key && request.method === 'PUT') written = true;
      if (request.key === key && request.method === 'GET' && written) other ??= await anotherDelivery(direct, key);
      return rule(request);
    };
    const answer = await here.dump(undefined, { firedAt });
    expect(other?.attempt).toBe(OTHER);
    expect(answer).toEqual(other);
    expect(await here.verify(answer)).toMatchObject({ verdict: 'readable', archiveKey: answer.archive.key });

    // A third, whose manifest comes once the other was proved: that verdict says nothing about it.
    const archive = { ...answer.archive, key: archiveKey(direct.prefix, nameOf(answer), randomUUID()) };
    await direct.put(key, JSON.stringify({ ...answer, archive }));
    await expect(here.verify(answer)).rejects.toMatchObject({ message: expect.stringContaining('corrupt') });
  });

  test('failure records and what people were told are written once', async () => {
    const vault = await vaultBehindProxy();
    proxy.rule = rule;
    const failure = {
      ...({ format: 'pgvouch/failure', formatVersion: 1 } as const),
      ...{ at: firedAt.toISOString(), function: 'dump' },
      ...{ database: 'shop', error: { type: 'DumpError', problem: 'x' }, requestId: 'r', attempts: 1 },
    } as const;
    expect(await recordFailure(vault, failure)).toMatchObject({ isNew: true });
    expect(await recordFailure(vault, failure)).toMatchObject({ isNew: false });
    const other = { ...failure, requestId: 'another' };
    expect(await recordFailure(vault, other)).toMatchObject({ isNew: true, record: { requestId: 'another' } });

    const key = 'pgvouch/shop/failures/trouble-dump.json';
    const { signal } = new AbortController();
    expect(await replaceTagged(vault, key, 'one', undefined, signal)).toBe(true);
    const read = await readTagged(vault, key, signal);
    expect(await replaceTagged(vault, key, 'two', read, signal)).toBe(true);
    expect(await replaceTagged(vault, key, 'three', read, signal)).toBe(false);
    expect(await vault.getText(key)).toBe('two');
  });
});

/** Whatever came after Content-MD5. */
const CHECKSUMS = /^x-amz-(checksum|sdk-checksum|trailer)/;
const noChecksums = ({ headers }: StoreRequest): Fate =>
  Object.keys(headers).some((name) => CHECKSUMS.test(name)) ? { status: 400, code: 'InvalidArgument' } : 'pass';

describe('a store that refuses checksum headers', () => {
  test('gets Content-MD5 with everything, parts too; what is stored is right, and set-up works', async () => {
    const vault = await vaultBehindProxy({ contentMd5: true });
    const here = await world({ vault });
    const random = 'sha512(g::text::bytea) || sha512((-g)::text::bytea)';
    await here.sql(`CREATE TABLE orders AS SELECT g AS id, ${random} AS text FROM generate_series(1, 80000) g`);
    const before = proxy.requests.length;
    proxy.rule = noChecksums;
    expect(await ensureBucket(vault, { create: true })).toMatchObject({ created: false });
    expect(await putLifecycle(vault, { abortUploads: 7, noncurrent: 30 })).toMatchObject({ refused: [] });
    const manifest = await here.dump();
    expect(await here.verify(manifest)).toMatchObject({ verdict: 'readable', sha256: manifest.archive.sha256 });
    await vault.tagForRemoval(manifest.archive.key);
    const parts = proxy.requests.slice(before).filter(({ query }) => query.has('partNumber'));
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.every(({ headers }) => headers['content-md5'] !== undefined)).toBe(true);
    expect(await archiveOf(vault, manifest)).toHaveLength(manifest.archive.sizeBytes);
  });

  test('still notices bytes that change on the way', async () => {
    const vault = await vaultBehindProxy({ contentMd5: true });
    proxy.rule = ({ method }) => (method === 'PUT' ? 'garble' : 'pass');
    async function* body() {
      yield Buffer.alloc(1_000, 'x');
    }
    await expect(vault.upload('pgvouch/a.dump', bodyOf(body()), { partSizeBytes: 5_242_880 })).rejects.toMatchObject({
      name: 'VaultError',
      hint: expect.stringContaining('bytes changed'),
    });
    expect(await vault.listAll()).toEqual([]);
  });

  test('is found at the start otherwise, and the hint names the setting', async () => {
    const vault = await vaultBehindProxy();
    proxy.rule = noChecksums;
    const hint = expect.stringContaining('AWS_REQUEST_CHECKSUM_CALCULATION=when_required');
    await expect(tryConditionalWrites(vault)).rejects.toMatchObject({ name: 'VaultError', hint });
    const here = await world({ vault });
    await here.sql(ORDERS);
    await expect(here.dump()).rejects.toMatchObject({ name: 'VaultError', hint });
  });
});
