import { afterEach, beforeAll, beforeEach, expect, inject } from 'vitest';
import { manifestKey } from '../../../layers/backup/keys.ts';
import { openVault } from '../../../layers/vault/vault.ts';
import { type StoreProxy, type StoreRequest, startStoreProxy, through } from '../servers/store-proxy.ts';
import { shorteningDeadline } from './shortening-deadline.ts';
import { nameOf, type World, world } from './world.ts';
import { freshVault } from './world-vault.ts';

/** What a dump asks of the store, in this order; the second part only where the archive is large. */
export const STEPS = {
  'the bucket is looked for': ({ query }) => query.has('list-type'),
  'an earlier manifest is looked for': ({ method, key }) => method === 'GET' && key.endsWith('manifest.json'),
  'the upload begins': ({ method, query }) => method === 'POST' && query.has('uploads'),
  'its second part is sent': ({ method, query }) => method === 'PUT' && query.get('partNumber') === '2',
  'the upload is completed': ({ method, query }) => method === 'POST' && query.has('uploadId'),
  'the globals are written': ({ method, key }) => method === 'PUT' && key.endsWith('.sql'),
  'the manifest is written': ({ method, key }) => method === 'PUT' && key.endsWith('manifest.json'),
} as const satisfies Record<string, (request: StoreRequest) => boolean>;
export type Step = keyof typeof STEPS;

export interface BrokenStore {
  /** A fresh one for each test. */
  readonly proxy: StoreProxy;
  /** A world of one of two databases, whose fresh vault is reached through the proxy; `keys` and the like too. */
  open(options?: { of?: 'small' | 'large'; maxParts?: number; answerMs?: number }): Promise<World>;
}

/** A store behind a proxy that breaks it, for all tests of a file; the archive of the large database has two parts. */
export function brokenStore(): BrokenStore {
  const worlds = {} as Record<'small' | 'large', World>;
  let proxy: StoreProxy;
  beforeAll(async () => {
    [worlds.small, worlds.large] = await Promise.all([withOrders(10), withOrders(72_000)]);
  });
  beforeEach(async () => {
    proxy = await startStoreProxy(inject('s3').endpoint);
  });
  afterEach(() => proxy.end());
  return {
    get proxy() {
      return proxy;
    },
    async open({ of = 'small', maxParts = 10_000, answerMs = 60_000 } = {}) {
      const { config } = await freshVault({ maxParts });
      const vault = openVault({ ...config, ...through(proxy, config), answerMs });
      return world({ vault, inDatabase: worlds[of].database });
    },
  };
}

async function withOrders(rows: number): Promise<World> {
  const here = await world();
  const random = 'sha512(g::text::bytea) || sha512((-g)::text::bytea)';
  await here.sql(`CREATE TABLE orders AS SELECT g AS id, ${random} AS text FROM generate_series(1, ${rows}) g`);
  return here;
}

/** Expects a dump to end in a VaultError, and to make no backup, where its deadline comes before the store. */
export async function expectGivenUp(store: BrokenStore, step: Step): Promise<void> {
  const here = await store.open({ of: sizeFor(step) });
  const { deadline, shorten } = shorteningDeadline();
  let met = 0;
  store.proxy.rule = (request) => {
    if (!STEPS[step](request)) return 'pass';
    met++;
    shorten();
    return 'cut';
  };
  await expect(here.dump(undefined, { deadline })).rejects.toMatchObject({ name: 'VaultError' });
  expect(met).toBeGreaterThan(1); // it was tried again
  store.proxy.rule = () => 'pass';
  const stored = (await here.keys()).filter((key) => !/archive-|globals-/.test(key));
  expect(stored).toEqual([]);
  expect(await here.unfinishedUploads()).toEqual([]);
  expect(await here.dump()).toMatchObject({ tables: [{ name: 'orders' }] });
}

/** Expects a dump whose first answer at a step is lost to ask again, and to make a whole backup. */
export async function expectAskedAgain(store: BrokenStore, step: Step): Promise<void> {
  const here = await store.open({ of: sizeFor(step) });
  let lost = 0;
  store.proxy.rule = (request) => (STEPS[step](request) && lost++ === 0 ? 'lose answer' : 'pass');
  const manifest = await here.dump();
  expect(lost).toBeGreaterThan(1);
  expect(await here.keys()).toEqual([
    manifest.archive.key,
    manifest.globals.key,
    manifestKey(here.vault.prefix, nameOf(manifest)),
  ]);
  expect(await here.unfinishedUploads()).toEqual([]);
  expect(await here.verify(manifest)).toMatchObject({ verdict: 'readable' });
}

function sizeFor(step: Step): 'small' | 'large' {
  return /upload|part/.test(step) ? 'large' : 'small';
}
