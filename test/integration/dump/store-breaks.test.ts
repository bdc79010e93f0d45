import { afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { buildCatalog } from '../../../layers/backup/catalog.ts';
import { manifestKey } from '../../../layers/backup/keys.ts';
import { openVault } from '../../../layers/vault/vault.ts';
import {
  type Fate,
  type StoreProxy,
  type StoreRequest,
  startStoreProxy,
  through,
} from '../../support/servers/store-proxy.ts';
import { shorteningDeadline } from '../../support/world/shortening-deadline.ts';
import { nameOf, type World, world } from '../../support/world/world.ts';
import { freshVault } from '../../support/world/world-vault.ts';

let proxy: StoreProxy;
beforeEach(async () => {
  proxy = await startStoreProxy(inject('s3').endpoint);
});
afterEach(() => proxy.end());

/** Two databases, which nobody changes; the archive of the second has two parts. */
let small: World;
let large: World;
beforeAll(async () => {
  [small, large] = await Promise.all([withOrders(10), withOrders(72_000)]);
});

async function withOrders(rows: number): Promise<World> {
  const here = await world();
  const random = 'sha512(g::text::bytea) || sha512((-g)::text::bytea)';
  await here.sql(`CREATE TABLE orders AS SELECT g AS id, ${random} AS text FROM generate_series(1, ${rows}) g`);
  return here;
}

/** A world of one of them whose fresh vault is reached through the proxy; `keys` and the like too. */
async function behindProxy({ of = small, maxParts = 10_000, answerMs = 60_000 } = {}): Promise<World> {
  const { config } = await freshVault({ maxParts });
  const postgres = { ...of.postgres, createDatabase: async () => {} };
  const vault = openVault({ ...config, ...through(proxy, config), answerMs });
  return world({ vault, postgres, database: of.database });
}

const STEPS: Record<string, (request: StoreRequest) => boolean> = {
  'the bucket is looked for': ({ query }) => query.has('list-type'),
  'an earlier manifest is looked for': ({ method, key }) => method === 'GET' && key.endsWith('manifest.json'),
  'the upload begins': ({ method, query }) => method === 'POST' && query.has('uploads'),
  'its second part is sent': ({ method, query }) => method === 'PUT' && query.get('partNumber') === '2',
  'the upload is completed': ({ method, query }) => method === 'POST' && query.has('uploadId'),
  'the globals are written': ({ method, key }) => method === 'PUT' && key.endsWith('.sql'),
  'the manifest is written': ({ method, key }) => method === 'PUT' && key.endsWith('manifest.json'),
};

describe('the store cannot be reached when', () => {
  test.each(Object.keys(STEPS))('%s, until the deadline: a VaultError and no backup', async (step) => {
    const here = await behindProxy({ of: /upload|part/.test(step) ? large : small });
    const { deadline, shorten } = shorteningDeadline();
    let met = 0;
    proxy.rule = (request) => {
      if (!STEPS[step]?.(request)) return 'pass';
      met++;
      shorten();
      return 'cut';
    };
    await expect(here.dump(undefined, { deadline })).rejects.toMatchObject({ name: 'VaultError' });
    expect(met).toBeGreaterThan(1); // it was tried again
    proxy.rule = () => 'pass';
    const stored = (await here.keys()).filter((key) => !/archive-|globals-/.test(key));
    expect(stored).toEqual([]);
    expect(await here.unfinishedUploads()).toEqual([]);
    expect(await here.dump()).toMatchObject({ tables: [{ name: 'orders' }] });
  });
});

test('the store is busy for a while: what it refused is sent again, and the log says how often', async () => {
  const here = await behindProxy({ of: large });
  const refused = { status: 503, code: 'SlowDown' };
  const counts = new Map<string, number>();
  const least = (request: StoreRequest, step: string, times: number) => {
    if (!STEPS[step]?.(request)) return false;
    counts.set(step, (counts.get(step) ?? 0) + 1);
    return (counts.get(step) ?? 0) <= times;
  };
  // More often than the SDK tries by itself.
  proxy.rule = (request) =>
    least(request, 'its second part is sent', 5) || least(request, 'the manifest is written', 5) ? refused : 'pass';
  const manifest = await here.dump();
  expect(await here.verify(manifest)).toMatchObject({ verdict: 'readable' });
  expect(await here.keys()).toHaveLength(4);
  expect(await here.unfinishedUploads()).toEqual([]);
  const lines = here.log.map((line) => JSON.parse(line));
  expect(lines.filter(({ msg }) => /will be sent again/.test(msg))).toMatchObject([
    { level: 40, database: here.database, operation: 'upload a part of', key: manifest.archive.key, tries: 4 },
    { operation: 'write', key: manifestKey(here.vault.prefix, nameOf(manifest)), tries: 4 },
  ]);
  expect(lines.filter(({ msg }) => /took what it had refused/.test(msg))).toHaveLength(2);
  expect(lines.find(({ msg }) => msg === 'dump finished')).toMatchObject({ sentAgain: 2 });
});

test('the store says nothing: what it was sent is sent again once it should have answered', async () => {
  const here = await behindProxy({ answerMs: 2_000 });
  let silent = 0;
  // As often as the SDK tries by itself, a minute each.
  proxy.rule = (request) =>
    STEPS['the globals are written']?.(request) && ++silent <= 4 ? new Promise<Fate>(() => {}) : 'pass';
  const manifest = await here.dump();
  expect(await here.verify(manifest)).toMatchObject({ verdict: 'readable' });
  const waits = here.log.map((line) => JSON.parse(line)).filter(({ msg }) => /will be sent again/.test(msg));
  expect(waits).toMatchObject([
    { key: manifest.globals.key, tries: 4, problem: expect.stringContaining('TimeoutError') },
  ]);
});

describe('a lost answer', () => {
  test.each([
    ...['the upload begins', 'its second part is sent', 'the upload is completed'],
    ...['the globals are written', 'the manifest is written'],
  ])('when %s: it is tried again, and the backup is whole', async (step) => {
    const here = await behindProxy({ of: /part|upload/.test(step) ? large : small });
    let lost = 0;
    proxy.rule = (request) => (STEPS[step]?.(request) && lost++ === 0 ? 'lose answer' : 'pass');
    const manifest = await here.dump();
    expect(lost).toBeGreaterThan(1);
    expect(await here.keys()).toEqual([
      manifest.archive.key,
      manifest.globals.key,
      manifestKey(here.vault.prefix, nameOf(manifest)),
    ]);
    expect(await here.unfinishedUploads()).toEqual([]);
    expect(await here.verify(manifest)).toMatchObject({ verdict: 'readable' });
  });
});

describe('two deliveries of one firing', () => {
  const firedAt = new Date('2026-11-22T02:00:00Z');

  test('in turn: the second finds the backup of the first and makes none', async () => {
    const here = await behindProxy();
    const first = await here.dump(undefined, { firedAt });
    expect(await here.dump(undefined, { firedAt })).toEqual(first);
    expect(await here.keys()).toHaveLength(3);
  });

  test('at once: one makes the backup, the other fails and finds it when tried again', async () => {
    const here = await behindProxy();
    const both = await Promise.allSettled([here.dump(undefined, { firedAt }), here.dump(undefined, { firedAt })]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const winner = both.find((one) => one.status === 'fulfilled')?.value;
    expect(await here.dump(undefined, { firedAt })).toEqual(winner);
    expect(await here.keys()).toHaveLength(3);
  });

  /** Another delivery's manifest appears just before ours is written. */
  async function overtaken(here: World, systemIdentifier?: string) {
    const earlier = await here.dump();
    const attempt = '00000000-0000-4000-8000-000000000000';
    const server = { ...earlier.server, ...(systemIdentifier !== undefined && { systemIdentifier }) };
    const other = { ...earlier, firedAt: firedAt.toISOString(), attempt, server };
    const key = manifestKey(here.vault.prefix, nameOf(other));
    let done = false;
    proxy.rule = async (request): Promise<Fate> => {
      if (!done && request.method === 'PUT' && request.key === key) {
        done = true;
        await here.vault.putNew(key, JSON.stringify(other));
      }
      return 'pass';
    };
    return other;
  }

  test('overtaken at the last moment: what the winner wrote stands, and is the answer', async () => {
    const here = await behindProxy();
    const winner = await overtaken(here);
    expect(await here.dump(undefined, { firedAt })).toEqual(winner);
    const { entries } = buildCatalog(here.vault.prefix, await here.vault.listAll());
    const orphan = entries.get(here.database)?.find((entry) => entry.firedAt.getTime() === firedAt.getTime());
    expect(orphan?.archives).toHaveLength(1); // ours, which the sweep finds
  });

  test.each(['overtaken', 'there before'])('from another server (%s): a loud ConfigError', async (when) => {
    const here = await behindProxy();
    const other = await overtaken(here, '7000000000000000000');
    if (when === 'there before') {
      await here.vault.putNew(manifestKey(here.vault.prefix, nameOf(other)), JSON.stringify(other));
    }
    await expect(here.dump(undefined, { firedAt })).rejects.toMatchObject({
      name: 'ConfigError',
      problem: expect.stringContaining('another server'),
      hint: expect.stringContaining('BACKUP_PREFIX'),
    });
  });
});

test('a store that takes few parts gets few, large ones', async () => {
  const numbered = async (maxParts: number) => {
    const here = await behindProxy({ of: large, maxParts });
    const before = proxy.requests.length;
    await here.dump();
    return proxy.requests.slice(before).filter(({ query }) => query.has('partNumber')).length;
  };
  expect(await numbered(10_000)).toBeGreaterThan(1);
  expect(await numbered(2)).toBeLessThanOrEqual(2);
});
