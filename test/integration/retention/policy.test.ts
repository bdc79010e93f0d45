import { expect, test } from 'vitest';
import { failureKey, retentionReportKey, retiredKey } from '../../../layers/backup/keys.ts';
import { parseRetired } from '../../../layers/backup/retired.ts';
import { DAY_MS, daysAgo, markOf, prefix, told, retentionWorld as world } from '../../support/world/world-retention.ts';
import { keysOf } from '../../support/world/world-vault.ts';

test('rules that count: what no pool claims is marked with every rule that refused it', async () => {
  const { vault, run, store } = await world([0, 1, 2]);
  await store(3, { verdict: 'restorable' });
  await store(4, { verdict: 'restorable' });
  const day = (age: number) => daysAgo(age).toISOString().slice(0, 10);

  expect(told(await run({ policy: { keepLast: 1, keepDaily: 2 } }))).toEqual([
    [0, 'keep', 'last 1', `daily ${day(0)}`],
    [1, 'keep', `daily ${day(1)}`],
    [2, 'retire', 'not among the last 1', 'not among the last 2 daily'],
    [3, 'keep', 'newest restorable', 'last 1 restorable', `daily ${day(3)} restorable`],
    [4, 'keep', `daily ${day(4)} restorable`],
  ]);
  expect((await markOf(vault, 2))?.reasons).toEqual(['not among the last 1', 'not among the last 2 daily']);

  const more = await run({ policy: { keepDaily: 3 } });
  expect(told(more)).toContainEqual([2, 'undo', `daily ${day(2)}`]);
});

test('under a policy that only counts, failure records go after 30 days', async () => {
  const { vault, run } = await world([]);
  const old = failureKey(prefix, 'shop', daysAgo(31));
  const young = failureKey(prefix, 'shop', daysAgo(29));
  for (const key of [old, young]) await vault.put(key, '{}');
  // As the store would tell it had they been written then.
  const listAll = async () =>
    (await vault.listAll()).map((object) => ({
      ...object,
      modifiedAt: new Date(object.modifiedAt.getTime() - (object.key === old ? 31 : 29) * DAY_MS),
    }));
  await run({ policy: { keepDaily: 7 }, removal: 'direct' }, { ...vault, listAll });
  expect(await keysOf(vault)).toEqual([young, retentionReportKey(prefix)].sort());
});

test('a database may have a policy and a grace of its own', async () => {
  const { vault, run, store } = await world([1, 2]);
  for (const age of [1, 2]) await store(age, { database: 'crm' });
  const rulesOf = (database: string) =>
    database === 'crm' ? { policy: { keepLast: 1 }, graceDays: 3 } : { policy: { keepDays: 30 }, graceDays: 7 };

  const { decisions } = await run({ rulesOf });
  expect(decisions.filter(({ action }) => action === 'retire')).toMatchObject([
    { database: 'crm', firedAt: daysAgo(2).toISOString() },
  ]);
  const key = retiredKey(prefix, { database: 'crm', firedAt: daysAgo(2) });
  const { retiredAt, removeAfter } = parseRetired((await vault.getText(key)) ?? '', key);
  expect(Date.parse(removeAfter) - Date.parse(retiredAt)).toBe(3 * DAY_MS);

  const none = () => ({ policy: { keepDays: 0 }, graceDays: 0 });
  await expect(run({ rulesOf: none })).rejects.toMatchObject({ name: 'PolicyError' });
});
