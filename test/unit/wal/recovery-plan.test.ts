import { describe, expect, test } from 'vitest';
import type { ListedObject } from '../../../layers/backup/catalog.ts';
import { isPlan, objectsToTheTip, planRecovery, type RecoveryTarget } from '../../../layers/wal/recovery-plan.ts';
import type { StoredBase } from '../../../layers/wal/stored-base.ts';
import type { Histories } from '../../../layers/wal/timelines.ts';
import { type ClusterArchive, windowsOf } from '../../../layers/wal/windows.ts';
import { type BaseFacts, baseOf } from '../../support/world/stored-bases.ts';
import { heldIn, historyAt, partialAt, WAL_SEGMENT, wholeAt } from '../../support/world/wal-listing.ts';

/** One segment a minute: number 7 was stored at 00:07. */
const minute = (minutes: number) => new Date(Date.UTC(2026, 10, 27, 0, minutes));
/** Stores list whole seconds. */
const endOfSecond = (minutes: number) => new Date(minute(minutes).getTime() + 999);
const whole = (timeline: number, number: number) => wholeAt(timeline, number, minute(number));
const segments = (timeline: number, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => whole(timeline, from + index));

/** One an hour: number 7 was stored at 07:00. */
const hours = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => wholeAt(1, from + index, minute(60 * (from + index))));

/** A base backup of segment 2, at 00:02. */
function baseAt(number: number, facts: Partial<BaseFacts> = {}): StoredBase {
  const startLsn = BigInt(number * WAL_SEGMENT + 0x28);
  return baseOf({ startedAt: minute(number), startLsn, stopLsn: startLsn + 0x100n, ...facts });
}

function archive(listing: readonly ListedObject[], bases: readonly StoredBase[], histories: Histories = new Map()) {
  const holdings = heldIn(listing);
  return { holdings, histories, bases } satisfies ClusterArchive;
}

const at = (minutes: number): RecoveryTarget => ({ kind: 'time', at: minute(minutes) });
const lsn = (position: bigint): RecoveryTarget => ({ kind: 'lsn', lsn: position });
const LATEST: RecoveryTarget = { kind: 'latest' };

/** `2 3-5`: the base backup of segment 2, and the WAL of 3 to 5; or why not. */
function outcome(of: ClusterArchive, target: RecoveryTarget, timeline?: number): string {
  const plan = planRecovery(of, target, timeline);
  if (!isPlan(plan)) return plan.why;
  const chain = plan.chain.map(({ startLsn }) => Number(startLsn) >> 20).join('+');
  const names = plan.objects.map((object) => `${object.timeline}/${object.number}`);
  return `${chain}: ${names.join(' ')}${plan.toTheEnd ? ' end' : ''}`;
}

describe('with WAL that has no gap', () => {
  const whole2to9 = archive([...segments(1, 2, 9), partialAt(1, 10, 0x80000, minute(10))], [baseAt(5), baseAt(2)]);

  test('it begins with the newest base backup that had ended by then', () => {
    expect(outcome(whole2to9, at(4))).toBe('2: 1/2 1/3 1/4 1/5 1/6 1/7 1/8 1/9 1/10');
    expect(outcome(whole2to9, at(8))).toBe('5: 1/5 1/6 1/7 1/8 1/9 1/10');
    expect(outcome(whole2to9, lsn(0x380000n))).toBe('2: 1/2 1/3');
    expect(outcome(whole2to9, lsn(0x800000n))).toBe('5: 1/5 1/6 1/7 1/8');
    expect(outcome(whole2to9, LATEST)).toBe('5: 1/5 1/6 1/7 1/8 1/9 1/10 end');
  });

  test('a moment is reached with the first commit after it, which is taken to follow within the hour', () => {
    const afterLong = archive([...segments(1, 2, 6), ...hours(7, 9)], [baseAt(2)]);
    expect(outcome(afterLong, at(4))).toBe('2: 1/2 1/3 1/4 1/5 1/6 1/7');
    const plan = planRecovery(afterLong, at(4));
    // What must not end too early takes all there is.
    expect(isPlan(plan) && objectsToTheTip(plan).map(({ number }) => Number(number))).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('the last position that there is needs no record after it', () => {
    expect(outcome(whole2to9, lsn(0xa80000n))).toBe('5: 1/5 1/6 1/7 1/8 1/9 1/10 end');
  });

  test('it is refused before the first base backup, and after the tip, with the nearest that can be reached', () => {
    expect(planRecovery(whole2to9, at(1))).toMatchObject({
      why: 'before',
      nearest: { after: { at: new Date(minute(2).getTime() + 1_000) } },
    });
    expect(planRecovery(whole2to9, at(11))).toMatchObject({
      why: 'after',
      nearest: { before: { at: endOfSecond(10) } },
    });
    expect(planRecovery(whole2to9, lsn(0xa80001n))).toMatchObject({
      why: 'after',
      nearest: { before: { lsn: 0xa80000n } },
    });
  });
});

describe('with a gap', () => {
  const gap = [...segments(1, 2, 4), ...segments(1, 6, 9)];

  test('it ends there, and goes on with the next base backup', () => {
    const healed = archive(gap, [baseAt(2), baseAt(7)]);
    expect(windowsOf(healed, 1).map(({ from, to, endsInGap }) => [from.lsn, to.lsn, endsInGap])).toEqual([
      [0x200128n, 0x500000n, true],
      [0x700128n, 0xa00000n, false],
    ]);
    expect(outcome(healed, at(4))).toBe('2: 1/2 1/3 1/4');
    expect(outcome(healed, at(9))).toBe('7: 1/7 1/8 1/9');
    expect(planRecovery(healed, at(6))).toMatchObject({
      why: 'between',
      nearest: { before: { at: endOfSecond(4) }, after: { at: new Date(minute(7).getTime() + 1_000) } },
    });
    expect(outcome(healed, LATEST)).toBe('7: 1/7 1/8 1/9 end');
  });

  test('latest is refused while no base backup is behind it: recovery would end early and say nothing', () => {
    const broken = archive(gap, [baseAt(2)]);
    expect(planRecovery(broken, LATEST)).toMatchObject({ why: 'gap', nearest: { before: { lsn: 0x500000n } } });
    expect(planRecovery(broken, at(8))).toMatchObject({ why: 'gap', nearest: { before: { at: endOfSecond(4) } } });
    expect(outcome(broken, lsn(0x500000n))).toBe('2: 1/2 1/3 1/4 end');
  });

  test('so is a segment that is only begun, in the middle', () => {
    const begun = archive(
      [...segments(1, 2, 4), partialAt(1, 5, 0x80000, minute(5)), ...segments(1, 6, 9)],
      [baseAt(2)],
    );
    expect(outcome(begun, LATEST)).toBe('gap');
    expect(outcome(begun, lsn(0x580000n))).toBe('2: 1/2 1/3 1/4 1/5 end');
  });
});

describe('base backups', () => {
  const wal = segments(1, 1, 9);

  test.each([
    ['whose WAL is not there to its end', archive(segments(1, 6, 9), [baseAt(5)])],
    ['that a drill found bad', archive(wal, [baseAt(5, { verdict: 'corrupt' })])],
    ['whose parent is not there', archive(wal, [baseAt(5, { parent: minute(4) })])],
    ['whose parent is bad', archive(wal, [baseAt(4, { verdict: 'unrestorable' }), baseAt(5, { parent: minute(4) })])],
    ['none', archive(wal, [])],
  ])('%s are passed over', (_, without) => {
    expect(outcome(without, LATEST)).toBe('no base');
    expect(outcome({ ...without, bases: [...without.bases, baseAt(2)] }, LATEST)).toMatch(
      without.holdings.numbers(1).includes(2n) ? /^2: / : 'no base',
    );
  });

  test('an increment comes with everything that it stands on', () => {
    const increments = [baseAt(5, { parent: minute(3) }), baseAt(2), baseAt(3, { parent: minute(2) })];
    expect(outcome(archive(wal, increments), at(7))).toBe('2+3+5: 1/5 1/6 1/7 1/8 1/9');
  });
});

describe('through timelines', () => {
  const histories: Histories = new Map([[2, [{ timeline: 1, endsAt: 0x580000n, reason: '' }]]]);
  const listing = [...segments(1, 2, 7), historyAt(2), ...segments(2, 5, 9)];
  const promoted = archive(listing, [baseAt(2), baseAt(6)], histories);

  test('the newest is taken: a base backup that the old one made after it was left is not on the way', () => {
    expect(outcome(promoted, LATEST)).toBe('2: 1/2 1/3 1/4 2/5 2/6 2/7 2/8 2/9 end');
  });

  test('another one is taken on demand', () => {
    expect(outcome(promoted, LATEST, 1)).toBe('6: 1/6 1/7 end');
    expect(outcome(promoted, at(3), 1)).toBe('2: 1/2 1/3 1/4 1/5 1/6 1/7');
    expect(outcome(promoted, LATEST, 3)).toBe('timeline');
  });

  test('base backups of the new one are on its way only', () => {
    const both = archive(listing, [baseAt(2), baseAt(7, { timeline: 2 })], histories);
    expect(outcome(both, LATEST)).toBe('7: 2/7 2/8 2/9 end');
    expect(outcome(both, LATEST, 1)).toBe('2: 1/2 1/3 1/4 1/5 1/6 1/7 end');
  });
});

describe('to a transaction', () => {
  const bases = [baseAt(2, { nextXid: '1000' }), baseAt(5, { nextXid: '2000' })];
  const xid = (number: bigint): RecoveryTarget => ({ kind: 'xid', xid: number });

  test('it begins with the newest base backup that had ended when the transaction began', () => {
    expect(outcome(archive(segments(1, 2, 6), bases), xid(1_999n))).toMatch(/^2:/);
    expect(outcome(archive(segments(1, 2, 6), bases), xid(2_000n))).toMatch(/^5:/);
  });

  test('an id without its epoch is compared as PostgreSQL does', () => {
    const wrapped = [baseAt(2, { nextXid: String(2n ** 32n - 10n) }), baseAt(5, { nextXid: String(2n ** 32n + 10n) })];
    expect(outcome(archive(segments(1, 2, 6), wrapped), xid(5n))).toMatch(/^2:/);
    expect(outcome(archive(segments(1, 2, 6), wrapped), xid(11n))).toMatch(/^5:/);
    expect(outcome(archive(segments(1, 2, 6), wrapped), xid(2n ** 32n + 11n))).toMatch(/^5:/);
  });

  test('where no base backup says, it is the oldest', () => {
    expect(outcome(archive(segments(1, 2, 6), [baseAt(5), baseAt(2)]), xid(1_999n))).toMatch(/^2:/);
  });
});

test('a base backup that is corrupt from some position on leads to before that, and never to the end', () => {
  const bad = baseAt(2, { verdict: 'corrupt', goodUntil: 0x500000n });
  const of = archive(segments(1, 2, 9), [bad]);
  expect(outcome(of, at(4))).toBe('2: 1/2 1/3 1/4');
  expect(outcome(of, lsn(0x4fffffn))).toBe('2: 1/2 1/3 1/4');
  expect(outcome(of, at(7))).toBe('gap');
  expect(outcome(of, LATEST)).toBe('gap');
  expect(outcome(archive(segments(1, 2, 9), [bad, baseAt(6)]), LATEST)).toBe('6: 1/6 1/7 1/8 1/9 end');
  expect(outcome(archive(segments(1, 2, 9), [baseAt(2, { verdict: 'corrupt' })]), at(4))).toBe('no base');
});
