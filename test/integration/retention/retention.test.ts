import { randomUUID } from 'node:crypto';
import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { archiveKey, manifestKey, retentionReportKey, verdictKey } from '../../../layers/backup/keys.ts';
import { parseRetentionReport } from '../../../layers/backup/retention-report.ts';
import { openVault } from '../../../layers/vault/vault.ts';
import { storeBackup } from '../../support/world/stored-backup.ts';
import {
  actionsOf,
  DAY_MS,
  daysAgo,
  markOf,
  OUTLIVED_MS,
  prefix,
  snapshotOf,
  tagged,
  today,
  told,
  retentionWorld as world,
  yesterday,
} from '../../support/world/world-retention.ts';
import { freshVaultConfig, keysOf } from '../../support/world/world-vault.ts';

describe('retiring', () => {
  test('what the policy lets go is marked with its date and reasons, and nothing else happens to it', async () => {
    const { vault, run, backups, lines } = await world([0, 20, 40]);
    const outcome = await run();
    expect(told(outcome)).toEqual([
      [0, 'keep', 'newest good', 'within 30d'],
      [20, 'keep', 'within 30d'],
      [40, 'retire', 'older than 30d'],
    ]);
    const mark = await markOf(vault, 40);
    expect(mark).toMatchObject({ database: 'shop', firedAt: daysAgo(40).toISOString(), reasons: ['older than 30d'] });
    const graceMs = new Date(mark?.removeAfter ?? 0).getTime() - new Date(mark?.retiredAt ?? 0).getTime();
    expect(graceMs).toBe(7 * DAY_MS);
    expect(await keysOf(vault)).toEqual(expect.arrayContaining(backups.flatMap(({ keys }) => keys)));
    expect(await tagged(vault)).toEqual([]);
    expect(lines.filter(({ action }) => action === 'retire')).toMatchObject([
      { database: 'shop', firedAt: daysAgo(40).toISOString(), reasons: ['older than 30d'], dryRun: false },
    ]);
    const report = parseRetentionReport((await vault.getText(retentionReportKey(prefix))) ?? '', 'retention.json');
    expect(report).toEqual(outcome.report);
    expect(report.databases).toMatchObject([{ database: 'shop', kept: 2, retired: 1, massRetirement: false }]);
  });

  test('a second run, and two at once, change nothing', async () => {
    const { vault, run } = await world([0, 40, 50]);
    await Promise.all([run(), run()]);
    const before = [await markOf(vault, 40), await markOf(vault, 50)];
    const again = await run();
    expect(actionsOf(again)).toEqual([
      [0, 'keep'],
      [40, 'wait'],
      [50, 'wait'],
    ]);
    expect([await markOf(vault, 40), await markOf(vault, 50)]).toEqual(before);
    expect(again.report.databases).toMatchObject([{ kept: 1, retired: 0, waiting: 2, retiredShare: 0 }]);
  });

  test('a mark that another run wrote meanwhile keeps its date', async () => {
    const { vault, run, store } = await world([0, 40]);
    const listAll = async (folder?: string) => {
      const objects = await vault.listAll(folder);
      await store(40, { removeAfter: yesterday });
      return objects;
    };
    await run({}, { ...vault, listAll });
    expect((await markOf(vault, 40))?.removeAfter).toBe(yesterday.toISOString());
  });

  test('the newest restorable one, one without a verdict and one kept by hand stay', async () => {
    const { run, store } = await world([0, 1]);
    await store(300, { verdict: 'restorable' });
    await store(310, { verdict: undefined });
    await store(320, { kept: true });
    await store(330);
    expect(actionsOf(await run()).filter(([, action]) => action === 'retire')).toEqual([[330, 'retire']]);
  });

  test('a good verdict of a backup whose archive is gone proves nothing', async () => {
    const { vault, run, store } = await world([]);
    const { keys } = await store(40, { verdict: 'restorable' });
    await store(50, { verdict: 'restorable' });
    await store(0);
    await vault.remove(keys[0] ?? '');
    expect(actionsOf(await run())).toEqual([
      [0, 'keep'],
      [40, 'retire'],
      [50, 'keep'],
    ]);
  });

  test('more than half of a catalog at once is told', async () => {
    const { run, lines, store } = await world([0, 40, 50]);
    await store(60, { database: 'crm', firedAt: yesterday });
    const { report } = await run();
    expect(report.databases).toMatchObject([
      { database: 'crm', massRetirement: false, retiredShare: 0 },
      { database: 'shop', massRetirement: true, retiredShare: 2 / 3 },
    ]);
    expect(lines.filter(({ level }) => level === 40)).toMatchObject([{ database: 'shop', retiring: 2, of: 3 }]);
  });

  test('a clock a year ahead retires and removes nothing more; one a year behind cuts no grace short', async () => {
    const { vault, run, store } = await world([0, 20]);
    await store(40, { removeAfter: new Date(today.getTime() + DAY_MS) });
    const ahead = await run({ now: new Date(Date.now() + 365 * DAY_MS) });
    expect(actionsOf(ahead)).toEqual([
      [0, 'keep'],
      [20, 'keep'],
      [40, 'wait'],
    ]);
    expect(await tagged(vault)).toEqual([]);

    await store(780);
    await store(820);
    await run({ now: daysAgo(365) });
    const removeAfter = new Date((await markOf(vault, 820))?.removeAfter ?? 0);
    expect(removeAfter.getTime()).toBeGreaterThan(today.getTime() + 6 * DAY_MS);
  });

  test('a policy that keeps nothing is refused before anything is asked', async () => {
    const { run } = await world();
    const nowhere = openVault(freshVaultConfig());
    await expect(run({ policy: { keepDays: 0, keepLast: 0 } }, nowhere)).rejects.toMatchObject({ name: 'PolicyError' });
  });
});
test('a dry run decides the same and writes nothing at all', async () => {
  const { vault, run, store, lines } = await world([0, 35]);
  await store(40, { removeAfter: yesterday });
  await store(45, { removeAfter: yesterday, kept: true });
  const orphan = archiveKey(prefix, { database: 'shop', firedAt: yesterday }, randomUUID());
  await vault.put(orphan, 'x');
  await vault.client.s3.send(new CreateMultipartUploadCommand({ Bucket: vault.bucket, Key: orphan }));
  for (const removal of ['tag', 'direct'] as const) {
    const before = await snapshotOf(vault);
    const dry = await run({ dryRun: true, sweepGraceMs: OUTLIVED_MS, removal });
    expect(await snapshotOf(vault)).toEqual(before);
    expect(dry.report).toMatchObject({ dryRun: true, databases: [{ kept: 2, retired: 1, removed: 1, undone: 1 }] });
    expect(lines.every(({ dryRun }) => dryRun === true)).toBe(true);
    if (removal === 'tag') continue;
    lines.length = 0;
    const wet = await run({ sweepGraceMs: OUTLIVED_MS, removal });
    expect(told(wet)).toEqual(told(dry));
  }
});

describe('what cannot be read or done', () => {
  test('is left alone and named in the end, while everything else goes on', async () => {
    const { vault, run, store, lines } = await world([0, 40]);
    const copied = await store(50, { database: 'copied' });
    await storeBackup(vault, { database: 'newer', firedAt: daysAgo(60), verdict: 'readable' });
    const newer = manifestKey(prefix, { database: 'newer', firedAt: daysAgo(60) });
    const broken = manifestKey(prefix, { database: 'shop', firedAt: daysAgo(70) });
    const elsewhere = manifestKey(prefix, { database: 'copied', firedAt: daysAgo(80) });
    await vault.put(newer, '{"format":"pgvouch/manifest","formatVersion":3}');
    await vault.put(broken, 'not JSON');
    await vault.put(elsewhere, (await vault.getText(copied.keys[2] ?? '')) ?? '');
    await vault.put(archiveKey(prefix, { database: 'shop', firedAt: daysAgo(70) }, randomUUID()), 'x');
    await vault.put(verdictKey(prefix, { database: 'copied', firedAt: daysAgo(80) }, 'readable'), '{}');

    await expect(run({ sweepGraceMs: OUTLIVED_MS })).rejects.toMatchObject({
      name: 'VaultError',
      message: expect.stringMatching(/^(?=.*not JSON)(?=.*format version 3)(?=.*names another backup)/s),
    });
    expect(await markOf(vault, 40)).toBeDefined();
    expect(await tagged(vault)).toEqual([]);
    const report = parseRetentionReport((await vault.getText(retentionReportKey(prefix))) ?? '', 'retention.json');
    expect(report.problems).toHaveLength(3);
    expect(report.databases).toMatchObject([
      { database: 'copied', kept: 1, unreadable: 1 },
      { database: 'newer', kept: 0, unreadable: 1 },
      { database: 'shop', kept: 1, retired: 1, unreadable: 1 },
    ]);
    expect(lines.filter(({ level }) => level === 50)).toHaveLength(3);
  });

  test('a single problem keeps its own name and hint', async () => {
    const { vault, run } = await world([0]);
    const key = manifestKey(prefix, { database: 'shop', firedAt: daysAgo(9) });
    await vault.put(key, '{"format":"pgvouch/manifest","formatVersion":9}');
    await expect(run()).rejects.toMatchObject({ name: 'ConfigError', subject: key });
  });

  test('a store that refuses', async () => {
    const { run } = await world();
    await expect(run({}, openVault(freshVaultConfig()))).rejects.toMatchObject({ name: 'VaultError' });
  });
});
