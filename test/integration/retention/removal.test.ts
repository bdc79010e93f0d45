import { describe, expect, test } from 'vitest';
import { keptKey, retentionReportKey, retiredKey } from '../../../layers/backup/keys.ts';
import { putLifecycle } from '../../../layers/vault/lifecycle.ts';
import {
  actionsOf,
  DAY_MS,
  daysAgo,
  markOf,
  OUTLIVED_MS,
  prefix,
  tagged,
  today,
  told,
  retentionWorld as world,
  yesterday,
} from '../../support/world/world-retention.ts';
import { keysOf } from '../../support/world/world-vault.ts';

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
      .poll(() => keysOf(vault), { timeout: 110_000, interval: 500 })
      .toEqual(expect.not.arrayContaining([expect.stringMatching(new RegExp(keys.join('|')))]));
    expect(await keysOf(vault)).toContain(mark);

    await run({ sweepGraceMs: OUTLIVED_MS });
    await expect
      .poll(() => keysOf(vault), { timeout: 110_000, interval: 500 })
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
  const kept = keptKey(prefix, { database: 'shop', firedAt: daysAgo(40) });

  test.each(['tag', 'direct'] as const)('kept.json undoes a retirement within its grace (%s)', async (removal) => {
    const { vault, run } = await world([0, 40]);
    await run({ removal });
    await vault.put(kept, 'whatever a person wrote in haste');
    expect(told(await run({ removal }))).toContainEqual([40, 'undo', 'kept by hand']);
    const mark = await markOf(vault, 40);
    expect(mark === undefined || mark.undone?.reasons[0] === 'kept by hand').toBe(true);
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
    const listAll = async () => {
      const objects = await vault.listAll();
      await vault.put(kept, '{}');
      return objects;
    };
    const outcome = await run({}, { ...vault, listAll });
    expect(told(outcome)).toContainEqual([40, 'undo', 'kept by hand']);
    const undoneMarks = [daysAgo(40).toISOString()];
    expect(outcome.report.databases).toMatchObject([{ kept: 2, undone: 1, undoneMarks, removed: 0 }]);
    expect((await markOf(vault, 40))?.undone).toBeDefined();
  });

  test('a longer policy brings back what it would keep; a shorter one retires it anew with a full grace', async () => {
    const { vault, run, store } = await world([0]);
    await store(40, { removeAfter: yesterday });
    const longer = await run({ policy: { keepDays: 60, keepLast: 0 } });
    expect(told(longer)).toContainEqual([40, 'undo', 'within 60d']);
    expect((await markOf(vault, 40))?.undone?.reasons).toEqual(['within 60d']);
    // A listing cannot tell: whoever reads only the report can, for as long as the mark may stand.
    const undoneMarks = [daysAgo(40).toISOString()];
    expect(longer.report.databases).toMatchObject([{ undoneMarks }]);
    const again = await run({ policy: { keepDays: 60, keepLast: 0 } });
    expect(again.report.databases).toMatchObject([{ undone: 0, undoneMarks }]);

    const shorter = await run();
    expect(told(shorter)).toContainEqual([40, 'retire', 'older than 30d']);
    expect(shorter.report.databases).toMatchObject([{ undoneMarks: [] }]);
    const mark = await markOf(vault, 40);
    expect(mark?.undone).toBeUndefined();
    expect(new Date(mark?.removeAfter ?? 0).getTime()).toBeGreaterThan(today.getTime() + 6 * DAY_MS);
    expect(await tagged(vault)).toEqual([]);
  });

  test('what the lifecycle has half removed is not brought back', async () => {
    const { vault, run, store } = await world([0]);
    const { keys } = await store(40, { removeAfter: yesterday });
    await run();
    await vault.remove(keys[0] ?? '');
    expect(actionsOf(await run({ policy: { keepDays: 60, keepLast: 0 } }))).toContainEqual([40, 'wait']);
  });
});
