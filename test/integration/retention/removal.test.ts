import { describe, expect, test } from 'vitest';
import { backupFolder, keptKey, retentionReportKey, retiredKey, undoneKey } from '../../../layers/backup/keys.ts';
import { readEntry } from '../../../layers/catalog/read-catalog.ts';
import { putLifecycle } from '../../../layers/vault/lifecycle.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import {
  actionsOf,
  aSecondLater,
  DAY_MS,
  daysAgo,
  markOf,
  OUTLIVED_MS,
  prefix,
  tagged,
  today,
  told,
  undoneOf,
  retentionWorld as world,
  yesterday,
} from '../../support/world/world-retention.ts';
import { afterLifecycle, keysOf } from '../../support/world/world-vault.ts';

describe('removal', () => {
  test('after the grace everything but the mark is tagged, once', async () => {
    const { vault, run, store } = await world([0]);
    const { keys } = await store(40, { removeAfter: yesterday });
    const outcome = await run();
    expect(actionsOf(outcome)).toEqual([
      [0, 'keep'],
      [40, 'remove'],
    ]);
    expect(await tagged(vault)).toEqual([...keys].sort());
    expect((await markOf(vault, 40))?.taggedAt).toBeDefined();
    expect(outcome.report.databases).toMatchObject([{ removed: 1, waiting: 0 }]);

    const again = await run();
    expect(actionsOf(again)).toEqual([
      [0, 'keep'],
      [40, 'wait'],
    ]);
    expect(again.report.databases).toMatchObject([{ removed: 0, waiting: 1, overdue: 0 }]);
  });

  test('a real lifecycle removes it, the mark goes last, and the rest stays', async () => {
    const { vault, run, store, backups } = await world([0, 10]);
    await putLifecycle(vault, { abortUploads: 7, noncurrent: 30 });
    const { keys } = await store(40, { removeAfter: yesterday });
    await run();
    const stays = backups.flatMap((one) => one.keys);
    const mark = retiredKey(prefix, { database: 'shop', firedAt: daysAgo(40) });
    await expect
      .poll(() => afterLifecycle(vault), { timeout: 110_000, interval: 500 })
      .toEqual(expect.not.arrayContaining([expect.stringMatching(new RegExp(keys.join('|')))]));
    expect(await keysOf(vault)).toContain(mark);

    await run({ sweepGraceMs: OUTLIVED_MS });
    await expect
      .poll(() => afterLifecycle(vault), { timeout: 110_000, interval: 500 })
      .toEqual([...stays, retentionReportKey(prefix)].sort());
  }, 240_000);

  test('a lifecycle that does not act is told', async () => {
    const { vault, run, store, lines } = await world([0]);
    await store(40, { removeAfter: yesterday });
    const key = retiredKey(prefix, { database: 'shop', firedAt: daysAgo(40) });
    await vault.put(key, JSON.stringify({ ...(await markOf(vault, 40)), taggedAt: daysAgo(4).toISOString() }));
    expect((await run()).report.databases).toMatchObject([{ waiting: 1, overdue: 1, removed: 0 }]);
    expect(lines.filter(({ level }) => level === 40)).toMatchObject([
      { msg: expect.stringContaining('RETENTION_REMOVAL=direct') },
    ]);
  });

  test('direct: deleted at once, what was tagged before too; the mark goes with the next run', async () => {
    const { vault, run, store, backups } = await world([0]);
    await store(40, { removeAfter: yesterday });
    await run();
    await store(50, { removeAfter: yesterday });
    const direct = { removal: 'direct', sweepGraceMs: OUTLIVED_MS } as const;
    await Promise.all([run(direct), run(direct)]);
    const stays = [...(backups[0]?.keys ?? []), retentionReportKey(prefix)];
    const marks = [40, 50].map((age) => retiredKey(prefix, { database: 'shop', firedAt: daysAgo(age) }));
    expect(await keysOf(vault)).toEqual(expect.arrayContaining(stays));
    expect((await keysOf(vault)).filter((key) => ![...stays, ...marks].includes(key))).toEqual([]);
    await run(direct);
    expect(await keysOf(vault)).toEqual([...stays].sort());
  });

  test('direct deletes the manifest first and the archive last', async () => {
    const { vault, run, store } = await world([0]);
    const { keys } = await store(40, { removeAfter: yesterday });
    const [archive = '', globals = '', manifest = '', verdict = ''] = keys;
    const order: string[] = [];
    const remove = async (key: string) => {
      order.push(key);
      await vault.remove(key);
    };
    await run({ removal: 'direct' }, { ...vault, remove });
    expect(order).toEqual([manifest, verdict, globals, archive]);
  });
});
describe('changing one’s mind', () => {
  const fired = { database: 'shop', firedAt: daysAgo(40) };
  const name = { ...fired, folder: backupFolder(prefix, fired) };
  const kept = keptKey(prefix, name);
  const entryOf = (vault: Vault) => readEntry(vault, name);

  test.each(['tag', 'direct'] as const)('kept.json undoes a retirement within its grace (%s)', async (removal) => {
    const { vault, run } = await world([0, 40]);
    await run({ removal });
    await vault.put(kept, 'whatever a person wrote in haste');
    expect(told(await run({ removal }))).toContainEqual([40, 'undo', 'kept by hand']);
    expect((await undoneOf(vault, 40))?.reasons).toEqual(['kept by hand']);
    expect((await entryOf(vault))?.retired).toBeUndefined();
    expect(told(await run({ removal }))).toContainEqual([40, 'keep', 'kept by hand']);
  });

  test('kept.json undoes it even once it was tagged', async () => {
    const { vault, run, store } = await world([0]);
    await store(40, { removeAfter: yesterday });
    await run();
    await vault.put(kept, '{}');
    await run();
    expect(await tagged(vault)).toEqual([retiredKey(prefix, { database: 'shop', firedAt: daysAgo(40) })]);
  });

  test('kept.json that comes while the run is under way is heeded', async () => {
    const { vault, run, store } = await world([0]);
    await store(40, { removeAfter: yesterday });
    const listAll = async (folder?: string) => {
      const objects = await vault.listAll(folder);
      await vault.put(kept, '{}');
      return objects;
    };
    const outcome = await run({}, { ...vault, listAll });
    expect(told(outcome)).toContainEqual([40, 'undo', 'kept by hand']);
    expect(outcome.report.databases).toMatchObject([{ kept: 2, undone: 1, removed: 0 }]);
    expect((await entryOf(vault))?.retired).toBeUndefined();
  });

  test('so is another run that undoes it meanwhile', async () => {
    const { vault, run, store } = await world([0]);
    const { keys } = await store(40, { removeAfter: yesterday });
    const listAll = async (folder?: string) => {
      const objects = await vault.listAll(folder);
      if (folder !== name.folder) await run({ policy: { keepDays: 60, keepLast: 0 } });
      return objects;
    };
    expect(told(await run({}, { ...vault, listAll }))).toContainEqual([
      40,
      'wait',
      'it changed meanwhile, and the next run decides',
    ]);
    expect(await tagged(vault)).toEqual([retiredKey(prefix, name)]);
    expect(await keysOf(vault)).toEqual(expect.arrayContaining([...keys]));
  });

  test('a longer policy brings back what it would keep; a shorter one retires it anew with a full grace', async () => {
    const { vault, run, store } = await world([0]);
    await store(40, { removeAfter: yesterday });
    const longer = await run({ policy: { keepDays: 60, keepLast: 0 } });
    expect(told(longer)).toContainEqual([40, 'undo', 'within 60d']);
    expect((await undoneOf(vault, 40))?.reasons).toEqual(['within 60d']);
    // The mark still stands, and a listing tells that it does not count.
    expect(await entryOf(vault)).toMatchObject({ retired: undefined, marks: [{}, {}] });
    const again = await run({ policy: { keepDays: 60, keepLast: 0 } });
    expect(again.report.databases).toMatchObject([{ kept: 2, undone: 0 }]);

    await aSecondLater();
    const shorter = await run();
    expect(told(shorter)).toContainEqual([40, 'retire', 'older than 30d']);
    expect((await entryOf(vault))?.retired).toBeDefined();
    const mark = await markOf(vault, 40);
    expect(new Date(mark?.removeAfter ?? 0).getTime()).toBeGreaterThan(today.getTime() + 6 * DAY_MS);
    expect(await tagged(vault)).toEqual([]);
  });

  test.each(['tag', 'direct'] as const)(
    'what undid an earlier retirement goes before the last mark (%s)',
    async (removal) => {
      const { vault, run, store } = await world([0]);
      await vault.put(undoneKey(prefix, name), 'of an earlier retirement');
      await aSecondLater();
      await store(40, { removeAfter: yesterday });
      await run({ removal });
      const mark = retiredKey(prefix, name);
      const left = (await keysOf(vault)).filter((key) => key.startsWith(name.folder));
      if (removal === 'direct') expect(left).toEqual([mark]);
      else expect((await tagged(vault)).sort()).toEqual(left.filter((key) => key !== mark));
      for (let runs = 0; runs < 2; runs++) await run({ removal: 'direct', sweepGraceMs: OUTLIVED_MS });
      expect((await keysOf(vault)).filter((key) => key.startsWith(name.folder))).toEqual([]);
    },
  );

  test('a mark that an older version undid counts for nothing, and its key says so after a run', async () => {
    const { vault, run, store } = await world([0]);
    await store(20, { removeAfter: yesterday });
    await store(40, { removeAfter: yesterday });
    for (const age of [20, 40]) {
      const undone = { at: yesterday.toISOString(), reasons: ['kept by hand'] };
      const key = retiredKey(prefix, { database: 'shop', firedAt: daysAgo(age) });
      await vault.put(key, JSON.stringify({ ...(await markOf(vault, age)), undone }));
    }
    expect(told(await run())).toEqual([
      [0, 'keep', 'newest good', 'within 30d'],
      [20, 'undo', 'within 30d'],
      [40, 'retire', 'older than 30d'],
    ]);
    expect((await undoneOf(vault, 20))?.reasons).toEqual(['within 30d']);
    const mark = await markOf(vault, 40);
    expect(mark?.undone).toBeUndefined();
    expect(new Date(mark?.removeAfter ?? 0).getTime()).toBeGreaterThan(today.getTime() + 6 * DAY_MS);
  });

  test('what the lifecycle has half removed is not brought back', async () => {
    const { vault, run, store } = await world([0]);
    const { keys } = await store(40, { removeAfter: yesterday });
    await run();
    await vault.remove(keys[0] ?? '');
    expect(actionsOf(await run({ policy: { keepDays: 60, keepLast: 0 } }))).toContainEqual([40, 'wait']);
  });
});
