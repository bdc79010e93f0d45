import { expect, test } from 'vitest';
import { doubtOf, explained, isAfterTheLastCommit } from '../../../functions/by-hand/moment/explain-recovery.ts';
import { whichDatabase } from '../../../functions/by-hand/moment/prepare.ts';
import { VaultError } from '../../../layers/backup/errors.ts';
import { RecoveryEnded } from '../../../layers/postgres/places/recovery-ended.ts';
import type { RecoveryPlan, RecoveryTarget } from '../../../layers/wal/recovery-plan.ts';

const NOT_REACHED = 'recovery ended before configured recovery target was reached';
const SOUND = { failure: () => undefined, damage: () => undefined };
const at = new Date('2026-11-28T14:04:59Z');

function planTo(target: RecoveryTarget, endsInGap = false): RecoveryPlan {
  return { target, window: { endsInGap } } as RecoveryPlan;
}
const ended = (problem: string) => new RecoveryEnded({ operation: 'recover', subject: 'in a scratch server', problem });

test.each<[string, RecoveryTarget, string, RegExp]>([
  ['a transaction that is not there', { kind: 'xid', xid: 4711n }, NOT_REACHED, /transaction 4711 is not in the WAL/],
  ['a moment after the WAL', { kind: 'time', at }, NOT_REACHED, /the bucket lacks later WAL/],
  ['a position after the WAL', { kind: 'lsn', lsn: 7n }, NOT_REACHED, /the bucket lacks later WAL/],
  ['anything else', { kind: 'latest' }, 'invalid checkpoint record', /pgvouch verify --cluster says/],
])('%s: PostgreSQL did not recover, and what to do', (_, target, problem, hint) => {
  expect(explained(ended(problem), SOUND, planTo(target))).toMatchObject({
    ...{ name: 'DumpError', problem, hint: expect.stringMatching(hint) },
  });
});

test('what failed or is damaged in the WAL comes before what PostgreSQL makes of it', () => {
  const failure = new VaultError({ operation: 'read', subject: 'wal', problem: 'it does not answer' });
  const plan = planTo({ kind: 'latest' });
  expect(explained(ended(NOT_REACHED), { ...SOUND, failure: () => failure }, plan)).toBe(failure);
  const damage = { object: { key: 'wal/000000010000000000000007.zst' }, problem: 'it cannot be decompressed' };
  expect(explained(ended(NOT_REACHED), { ...SOUND, damage: () => damage as never }, plan)).toMatchObject({
    ...{ name: 'VaultError', problem: 'wal/000000010000000000000007.zst: it cannot be decompressed' },
    hint: expect.stringContaining('up to where the WAL is good'),
  });
  const bug = new Error('something else');
  expect(explained(bug, SOUND, plan)).toBe(bug);
});

test('a moment after the last commit is the end of the WAL, unless WAL is missing there', () => {
  const error = ended(NOT_REACHED);
  expect(isAfterTheLastCommit(error, planTo({ kind: 'time', at }))).toBe(true);
  expect(isAfterTheLastCommit(error, planTo({ kind: 'lsn', lsn: 7n }))).toBe(true);
  expect(isAfterTheLastCommit(error, planTo({ kind: 'time', at }, true))).toBe(false);
  expect(isAfterTheLastCommit(error, planTo({ kind: 'xid', xid: 7n }))).toBe(false);
  expect(isAfterTheLastCommit(ended('out of memory'), planTo({ kind: 'time', at }))).toBe(false);
});

test('commits may be missing where nobody knows that the bucket had all WAL by then', () => {
  const plan = planTo({ kind: 'time', at });
  expect(doubtOf(plan, '2026-11-28T14:05:00Z')).toEqual([]);
  expect(doubtOf(plan, '2026-11-28T14:00:00Z')).toEqual([expect.stringMatching(/^commits since .*14:00:00.* may be/)]);
  expect(doubtOf(plan, undefined)).toEqual([expect.stringMatching(/^commits may be missing/)]);
  expect(doubtOf(planTo({ kind: 'lsn', lsn: 7n }), undefined)).toEqual([]);
});

test('which database: those that there are, or none', () => {
  expect(whichDatabase(['shop', 'crm'])).toMatchObject({
    ...{ name: 'ConfigError', problem: 'the cluster has crm, shop', hint: 'name it with --database <name>' },
  });
  expect(whichDatabase([]).problem).toBe('the cluster has none but postgres and templates');
});
