import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { archiveKey, keptKey, manifestKey } from '../../../layers/backup/keys.ts';
import { sharedGlobalsKey } from '../../../layers/backup/shared-globals-key.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import {
  aSecondLater,
  daysAgo,
  OUTLIVED_MS,
  prefix,
  retentionWorld,
  tagged,
} from '../../support/world/world-retention.ts';
import { keysOf } from '../../support/world/world-vault.ts';

/** Globals of a firing, so many days ago. */
async function putGlobals(vault: Vault, age: number): Promise<string> {
  const name = { systemIdentifier: '7431234567890123456', firedAt: daysAgo(age) };
  const sha256 = randomUUID().replaceAll('-', '').repeat(2);
  const key = sharedGlobalsKey(prefix, { ...name, state: 'a'.repeat(32), sha256 });
  await vault.put(key, '-- globals\n');
  return key;
}

const globalsIn = async (vault: Vault) => (await keysOf(vault)).filter((key) => key.includes('/.globals/'));
const at = (age: number, database = 'shop') => ({ database, firedAt: daysAgo(age) });

test('shared globals stay as long as any backup of their firing does, be it kept, retired or unreadable', async () => {
  const { vault, run, store } = await retentionWorld([0, 40]);
  const shared = [await putGlobals(vault, 0), await putGlobals(vault, 40), await putGlobals(vault, 2)];
  await vault.put(manifestKey(prefix, at(2, 'crm')), 'damaged');
  shared.push(await putGlobals(vault, 3), await putGlobals(vault, 4));
  await vault.put(keptKey(prefix, at(3)), '{}');
  await vault.put(archiveKey(prefix, at(4), randomUUID()), 'of a dump that runs');
  await store(5, { database: 'crm' });
  shared.push(await putGlobals(vault, 5));
  await expect(run({ sweepGraceMs: OUTLIVED_MS, graceDays: 7 })).rejects.toThrow('manifest');
  expect((await tagged(vault)).filter((key) => shared.includes(key))).toEqual([]);
});

test('they are given up once no backup of their firing is left, and they are old enough', async () => {
  const { vault, run, store, backups } = await retentionWorld([0, 40]);
  const shared = await putGlobals(vault, 40);
  const crm = await store(40, { database: 'crm' });
  await store(0, { database: 'crm' });
  const direct = { removal: 'direct', graceDays: 0 } as const;
  // Retired, then removed, its manifest first; the same run knows that they are needed still.
  await run(direct);
  for (const key of crm.keys) expect(await keysOf(vault)).toContain(key);
  // The store's clock tells whole seconds, and the grace is over by both clocks.
  await aSecondLater();
  await run(direct);
  expect(await globalsIn(vault)).toEqual([shared]);
  for (const key of [...crm.keys, ...(backups[1]?.keys ?? [])]) expect(await keysOf(vault)).not.toContain(key);

  expect((await run(direct)).report).toMatchObject({ sweptGlobals: 0 });
  expect(await globalsIn(vault)).toEqual([shared]);
  const dry = await run({ ...direct, sweepGraceMs: OUTLIVED_MS, dryRun: true });
  expect(dry.decisions).toContainEqual(expect.objectContaining({ key: shared, action: 'sweep' }));
  expect(await globalsIn(vault)).toEqual([shared]);
  const { report } = await run({ ...direct, sweepGraceMs: OUTLIVED_MS });
  expect(report).toMatchObject({ sweptGlobals: 1, totals: { deletions: expect.anything() } });
  expect(report.totals?.deletions.find(({ database }) => database === undefined)).toMatchObject({ orphan: 1 });
  expect(await globalsIn(vault)).toEqual([]);
});

test('where the lifecycle removes, they are tagged, and counted once', async () => {
  const { vault, run } = await retentionWorld([0]);
  const shared = await putGlobals(vault, 40);
  for (const _ of [1, 2]) {
    const { report } = await run({ sweepGraceMs: OUTLIVED_MS });
    expect(report.totals?.deletions.find(({ database }) => database === undefined)).toMatchObject({ orphan: 1 });
  }
  expect(await tagged(vault)).toEqual([shared]);
});

test('a manifest that comes while the run is under way, or that a listing missed, holds them', async () => {
  const { vault, run } = await retentionWorld([0]);
  const shared = await putGlobals(vault, 40);
  const listAll: Vault['listAll'] = async (...args) => {
    const objects = await vault.listAll(...args);
    await vault.put(manifestKey(prefix, at(40)), 'it was written just now');
    return objects;
  };
  await run({ sweepGraceMs: OUTLIVED_MS, removal: 'direct' }, { ...vault, listAll });
  expect(await globalsIn(vault)).toEqual([shared]);
});
