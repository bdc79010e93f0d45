import { describe, expect, test } from 'vitest';
import { buildCatalog } from '../../../layers/backup/catalog.ts';
import { manifestKey } from '../../../layers/backup/keys.ts';
import type { Fate, StoreRequest } from '../../support/servers/store-proxy.ts';
import { brokenStore, expectAskedAgain, expectGivenUp, STEPS, type Step } from '../../support/world/broken-store.ts';
import { nameOf, type World } from '../../support/world/world.ts';

const store = brokenStore();

describe('the store cannot be reached when', () => {
  test.each(['its second part is sent', 'the manifest is written'] as const)(
    '%s, until the deadline: a VaultError and no backup',
    (step) => expectGivenUp(store, step),
  );
});

test('the store is busy for a while: what it refused is sent again, and the log says how often', async () => {
  const here = await store.open({ of: 'large' });
  const refused = { status: 503, code: 'SlowDown' };
  const counts = new Map<string, number>();
  const least = (request: StoreRequest, step: Step, times: number) => {
    if (!STEPS[step](request)) return false;
    counts.set(step, (counts.get(step) ?? 0) + 1);
    return (counts.get(step) ?? 0) <= times;
  };
  // More often than the SDK tries by itself.
  store.proxy.rule = (request) =>
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
  const here = await store.open({ answerMs: 2_000 });
  let silent = 0;
  // As often as the SDK tries by itself, a minute each.
  store.proxy.rule = (request) =>
    STEPS['the globals are written'](request) && ++silent <= 4 ? new Promise<Fate>(() => {}) : 'pass';
  const manifest = await here.dump();
  expect(await here.verify(manifest)).toMatchObject({ verdict: 'readable' });
  const waits = here.log.map((line) => JSON.parse(line)).filter(({ msg }) => /will be sent again/.test(msg));
  expect(waits).toMatchObject([
    { key: manifest.globals.key, tries: 4, problem: expect.stringContaining('TimeoutError') },
  ]);
});

describe('a lost answer', () => {
  test.each(['the upload is completed', 'the manifest is written'] as const)(
    'when %s: it is tried again, and the backup is whole',
    (step) => expectAskedAgain(store, step),
  );
});

describe('two deliveries of one firing', () => {
  const firedAt = new Date('2026-11-22T02:00:00Z');

  test('in turn: the second finds the backup of the first and makes none', async () => {
    const here = await store.open();
    const first = await here.dump(undefined, { firedAt });
    expect(await here.dump(undefined, { firedAt })).toEqual(first);
    expect(await here.keys()).toHaveLength(3);
  });

  test('at once: one makes the backup, the other fails and finds it when tried again', async () => {
    const here = await store.open();
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
    store.proxy.rule = async (request): Promise<Fate> => {
      if (!done && request.method === 'PUT' && request.key === key) {
        done = true;
        await here.vault.putNew(key, JSON.stringify(other));
      }
      return 'pass';
    };
    return other;
  }

  test('overtaken at the last moment: what the winner wrote stands, and is the answer', async () => {
    const here = await store.open();
    const winner = await overtaken(here);
    expect(await here.dump(undefined, { firedAt })).toEqual(winner);
    const { entries } = buildCatalog(here.vault.prefix, await here.vault.listAll());
    const orphan = entries.get(here.database)?.find((entry) => entry.firedAt.getTime() === firedAt.getTime());
    expect(orphan?.archives).toHaveLength(1); // ours, which the sweep finds
  });

  test.each(['overtaken', 'there before'])('from another server (%s): a loud ConfigError', async (when) => {
    const here = await store.open();
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
    const here = await store.open({ of: 'large', maxParts });
    const before = store.proxy.requests.length;
    await here.dump();
    return store.proxy.requests.slice(before).filter(({ query }) => query.has('partNumber')).length;
  };
  expect(await numbered(10_000)).toBeGreaterThan(1);
  expect(await numbered(2)).toBeLessThanOrEqual(2);
});
