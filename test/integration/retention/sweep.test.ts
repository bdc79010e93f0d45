import { randomUUID } from 'node:crypto';
import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import {
  archiveKey,
  failureKey,
  globalsKey,
  keptKey,
  manifestKey,
  retentionReportKey,
  retiredKey,
  undoneKey,
  verdictKey,
} from '../../../layers/backup/keys.ts';
import {
  daysAgo,
  HOUR_MS,
  OUTLIVED_MS,
  prefix,
  snapshotOf,
  retentionWorld as world,
  yesterday,
} from '../../support/world/world-retention.ts';
import { keysOf, unfinishedKeysOf } from '../../support/world/world-vault.ts';

describe('the sweep', () => {
  const name = { database: 'shop', firedAt: yesterday };

  test('clears archives and globals without a manifest or of another attempt', async () => {
    const { vault, run, backups } = await world([0]);
    const [lost, late] = [randomUUID(), randomUUID()];
    const orphans = [
      archiveKey(prefix, name, lost),
      globalsKey(prefix, name, lost),
      archiveKey(prefix, { database: 'shop', firedAt: daysAgo(0) }, late),
    ];
    for (const key of orphans) await vault.put(key, 'x');
    const { report } = await run({ sweepGraceMs: OUTLIVED_MS, removal: 'direct' });
    expect(report.databases).toMatchObject([{ swept: { archives: 2, globals: 1, leftovers: 0 } }]);
    expect(await keysOf(vault)).toEqual([...(backups[0]?.keys ?? []), retentionReportKey(prefix)].sort());
  });

  test('leaves what is young, what a person pinned, and failures that are not old by the store’s clock', async () => {
    const { vault, run } = await world([0]);
    await vault.put(archiveKey(prefix, name, randomUUID()), 'x');
    await vault.put(failureKey(prefix, 'shop', daysAgo(90)), '{}');
    await vault.put(failureKey(prefix, undefined, daysAgo(90)), '{}');
    const before = await snapshotOf(vault);
    await run();
    await vault.put(keptKey(prefix, name), '{}');
    await run({ sweepGraceMs: OUTLIVED_MS });
    const after = await snapshotOf(vault);
    expect(after.objects).toEqual(expect.arrayContaining(before.objects));
    expect(after.tagged).toEqual([]);
  });

  test('clears failure records that are old by their own date and by the store’s clock', async () => {
    const { vault, run } = await world([]);
    const keys = [failureKey(prefix, 'shop', yesterday), failureKey(prefix, undefined, yesterday)];
    for (const key of keys) await vault.put(key, '{}');
    const young = failureKey(prefix, 'shop', new Date(Date.now() + HOUR_MS));
    await vault.put(young, '{}');
    // A tenth of a millisecond: old as soon as the store's clock, which tells whole seconds, has gone on.
    const policy = { keepDays: 1e-9, keepLast: 0 };
    const left = async () => {
      await run({ policy, removal: 'direct' });
      return keysOf(vault);
    };
    await expect.poll(left, { timeout: 60_000 }).toEqual([retentionReportKey(prefix), young].sort());
  });

  test('leaves an archive whose manifest comes while the run is under way', async () => {
    const { vault, run } = await world([]);
    const listAll = async () => {
      await vault.put(archiveKey(prefix, name, randomUUID()), 'x');
      const objects = await vault.listAll();
      await vault.put(manifestKey(prefix, name), 'it was written just now');
      return objects;
    };
    const { decisions } = await run({ sweepGraceMs: OUTLIVED_MS }, { ...vault, listAll });
    expect(decisions).toEqual([]);
  });

  test('clears a verdict, a pin and marks whose backup is gone', async () => {
    const { vault, run } = await world([]);
    await vault.put(verdictKey(prefix, name, 'readable'), '{}');
    for (const key of [keptKey, undoneKey, retiredKey]) await vault.put(key(prefix, name), '{}');
    await run({ sweepGraceMs: OUTLIVED_MS, removal: 'direct' });
    expect(await keysOf(vault)).toEqual([retentionReportKey(prefix)]);
  });

  test('aborts unfinished uploads of ours, once they are stale', async () => {
    const { vault, run } = await world([]);
    const ours = archiveKey(prefix, name, randomUUID());
    const theirs = ['pgvouch/shop/notes.txt', 'other/x'];
    for (const Key of [ours, ...theirs]) {
      await vault.client.s3.send(new CreateMultipartUploadCommand({ Bucket: vault.bucket, Key }));
    }
    await run();
    expect(await unfinishedKeysOf(vault)).toContain(ours);
    const { report } = await run({ sweepGraceMs: OUTLIVED_MS });
    expect(report.databases).toMatchObject([{ database: 'shop', swept: { uploads: 1 } }]);
    expect(await unfinishedKeysOf(vault)).toEqual(['pgvouch/shop/notes.txt']);
  });

  test('nothing that is not exactly of our shape is touched', async () => {
    const { vault, run } = await world([0, 400]);
    const folder = 'pgvouch/shop/2020-01-01T00-00-00Z/';
    const foreign = [
      'other/2020-01-01T00-00-00Z/archive.dump',
      'pgvouch/readme.txt',
      `${folder}archive.dump`,
      `${folder}notes.json`,
      `${folder}verdict-fine.json`,
      `${folder}sub/retired.json`,
      'pgvouch/shop/2020-02-31T00-00-00Z/retired.json',
      'pgvouch/sh%6fp/2020-01-01T00-00-00Z/retired.json',
    ];
    for (const key of foreign) await vault.put(key, 'theirs');
    const direct = { removal: 'direct', sweepGraceMs: OUTLIVED_MS, graceDays: 0 } as const;
    for (let round = 0; round < 3; round++) await run(direct);
    for (const key of foreign) expect(await vault.getText(key)).toBe('theirs');
  });
});
