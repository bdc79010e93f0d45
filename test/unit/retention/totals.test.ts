import { expect, test } from 'vitest';
import type { Decision } from '../../../functions/retention/run.ts';
import { addTotals } from '../../../functions/retention/totals.ts';
import { archiveKey, failureKey, globalsKey, retiredKey } from '../../../layers/backup/keys.ts';
import type { DatabaseReport } from '../../../layers/backup/retention-report.ts';

const prefix = 'pgvouch/';
const name = { database: 'shop', firedAt: new Date('2026-11-01T02:00:00Z') };
const attempt = '0a7c9d3e-5b1f-4c2d-8e6a-1f2b3c4d5e6f';
const archive = archiveKey(prefix, name, attempt);
const globals = globalsKey(prefix, name, attempt);
const none = { policy: 0, orphan: 0, unfinishedUpload: 0, leftover: 0, failureRecord: 0 };

const sweep = (key: string, reason: string, database: string | undefined = 'shop'): Decision => {
  return { database, key, action: 'sweep', reasons: [reason] };
};
const report = (removed: number, database = 'shop') => ({ database, removed }) as DatabaseReport;
const run = { prefix, removal: 'tag', databases: [], decisions: [] } as const;

test('what a run gave up is counted by database and reason', () => {
  const decisions = [
    sweep(archive, 'no manifest'),
    sweep(globals, 'no manifest'),
    sweep(archive, 'unfinished upload'),
    sweep(retiredKey(prefix, name), 'its backup is gone'),
    sweep(failureKey(prefix, 'shop', name.firedAt), 'failure record older than 30d'),
    { ...sweep(failureKey(prefix, undefined, name.firedAt), 'failure record older than 30d'), database: undefined },
    { database: 'shop', firedAt: 'x', action: 'remove', reasons: [] } as const,
  ];
  const { deletions, tagged } = addTotals(undefined, { ...run, databases: [report(3)], decisions });
  expect(deletions).toEqual([
    { database: 'shop', policy: 3, orphan: 2, unfinishedUpload: 1, leftover: 1, failureRecord: 1 },
    { ...none, failureRecord: 1 },
  ]);
  expect(tagged).toHaveLength(5);
});

test('what waits for the lifecycle is counted once, however many runs see it', () => {
  const seen = { ...run, databases: [report(0)], decisions: [sweep(archive, 'no manifest')] };
  const first = addTotals(undefined, seen);
  const second = addTotals(first, seen);
  expect(second).toEqual(first);
  const third = addTotals(second, { ...seen, decisions: [sweep(globals, 'no manifest')] });
  expect(third.deletions).toEqual([{ ...none, database: 'shop', orphan: 2 }]);
  expect(third.tagged).toEqual([globals]);
});

test('what is deleted at once need not be remembered', () => {
  const seen = { ...run, removal: 'direct', decisions: [sweep(archive, 'no manifest')] } as const;
  expect(addTotals(addTotals(undefined, seen), seen)).toEqual({
    deletions: [{ ...none, database: 'shop', orphan: 2 }],
    tagged: [],
  });
});

test('a database that is gone keeps its totals: a counter does not vanish', () => {
  const first = addTotals(undefined, { ...run, databases: [report(4, 'crm')] });
  const second = addTotals(first, { ...run, databases: [report(1)] });
  expect(second.deletions).toEqual([
    { ...none, database: 'crm', policy: 4 },
    { ...none, database: 'shop', policy: 1 },
  ]);
});
