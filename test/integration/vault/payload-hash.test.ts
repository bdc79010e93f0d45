import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { bodyOf } from '../../../layers/vault/body.ts';
import { openPatience } from '../../../layers/vault/patience.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import {
  type Fate,
  type StoreProxy,
  type StoreRequest,
  startStoreProxy,
  through,
} from '../../support/servers/store-proxy.ts';
import { freshVault, keysOf, unfinishedKeysOf } from '../../support/world/world-vault.ts';

const MIB = 1024 * 1024;
const PART = 5 * MIB;
const KEY = 'pgvouch/a.dump';

async function* chunks(count: number) {
  for (let n = 0; n < count; n++) yield Buffer.alloc(MIB, `chunk ${n}`);
}

const proxies: Partial<Record<'http' | 'https', StoreProxy>> = {};
const rule = { now: (_: StoreRequest): Fate => 'pass' };

beforeAll(async () => {
  // The tests' certificate is nobody's.
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  for (const scheme of ['http', 'https'] as const) {
    const proxy = await startStoreProxy(inject('s3').endpoint, scheme);
    proxy.rule = (request) => rule.now(request);
    proxies[scheme] = proxy;
  }
});
beforeEach(() => {
  rule.now = () => 'pass';
  for (const { requests } of Object.values(proxies)) requests.length = 0;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  for (const proxy of Object.values(proxies)) await proxy.end();
});

async function vaultOver(scheme: 'http' | 'https'): Promise<{ vault: Vault; parts: () => StoreRequest[] }> {
  const { config } = await freshVault();
  const proxy = proxies[scheme] as StoreProxy;
  const parts = () => proxy.requests.filter(({ query }) => query.has('partNumber'));
  return { vault: openVault({ ...config, ...through(proxy, config) }), parts };
}

const hashOf = ({ headers }: StoreRequest) => headers['x-amz-content-sha256'];
const isPart =
  (number: number) =>
  ({ query }: StoreRequest) =>
    query.get('partNumber') === String(number);

async function storedSha256(vault: Vault): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of (await vault.getBytes(KEY)) ?? []) hash.update(bytes);
  return hash.digest('hex');
}

async function expectedSha256(count: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of chunks(count)) hash.update(bytes);
  return hash.digest('hex');
}

test('without TLS every part is signed with its SHA-256, which is also its checksum', async () => {
  const { vault, parts } = await vaultOver('http');
  await vault.upload(KEY, bodyOf(chunks(12)), { partSizeBytes: PART });
  expect(parts()).toHaveLength(3);
  for (const part of parts()) {
    const checksum = Buffer.from(String(part.headers['x-amz-checksum-sha256']), 'base64').toString('hex');
    expect(hashOf(part)).toBe(checksum);
  }
  expect(await storedSha256(vault)).toBe(await expectedSha256(12));
});

describe('over TLS', () => {
  test('parts go unsigned once the store has repeated a checksum; one that is sent again, too', async () => {
    const { vault, parts } = await vaultOver('https');
    let refused = 0;
    rule.now = (request) => (isPart(5)(request) && refused++ < 1 ? { status: 503, code: 'SlowDown' } : 'pass');
    const patience = openPatience({ signal: new AbortController().signal });
    await vault.upload(KEY, bodyOf(chunks(27)), { partSizeBytes: PART, patience });
    expect(hashOf(parts().find(isPart(1)) as StoreRequest)).toMatch(/^[0-9a-f]{64}$/);
    const last = parts().filter((part) => isPart(5)(part) || isPart(6)(part));
    expect(last).toHaveLength(3);
    expect(last.map(hashOf)).toEqual(['UNSIGNED-PAYLOAD', 'UNSIGNED-PAYLOAD', 'UNSIGNED-PAYLOAD']);
    expect(last.every(({ headers }) => headers['x-amz-checksum-crc32'] !== undefined)).toBe(true);
    expect(await storedSha256(vault)).toBe(await expectedSha256(27));
  });

  test('a store that repeats no checksum gets signed parts alone', async () => {
    const { vault, parts } = await vaultOver('https');
    rule.now = () => ({ hide: 'x-amz-checksum-crc32' });
    await vault.upload(KEY, bodyOf(chunks(27)), { partSizeBytes: PART });
    expect(parts()).toHaveLength(6);
    for (const part of parts()) expect(hashOf(part)).toMatch(/^[0-9a-f]{64}$/);
    expect(await storedSha256(vault)).toBe(await expectedSha256(27));
  });
});

test.each([
  ['http', 1],
  ['http', 5],
  ['https', 1],
  ['https', 5],
] as const)('over %s, a byte that changes in part %i is noticed, and nothing is left', async (scheme, number) => {
  const { vault, parts } = await vaultOver(scheme);
  rule.now = (request) => (isPart(number)(request) ? 'garble' : 'pass');
  await expect(vault.upload(KEY, bodyOf(chunks(27)), { partSizeBytes: PART })).rejects.toMatchObject({
    name: 'VaultError',
    hint: expect.stringContaining('bytes changed'),
  });
  const changed = parts().find(isPart(number)) as StoreRequest;
  expect(hashOf(changed) === 'UNSIGNED-PAYLOAD').toBe(scheme === 'https' && number === 5);
  expect(await keysOf(vault)).toEqual([]);
  expect(await unfinishedKeysOf(vault)).toEqual([]);
});
