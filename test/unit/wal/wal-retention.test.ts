import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ListedObject } from '../../../layers/backup/catalog.ts';
import type { VerdictName } from '../../../layers/backup/verdict.ts';
import { coverage } from '../../../layers/wal/coverage.ts';
import { isPlan, planRecovery } from '../../../layers/wal/recovery-plan.ts';
import type { StoredBase } from '../../../layers/wal/stored-base.ts';
import { ancestry, type Histories } from '../../../layers/wal/timelines.ts';
import { planWalRemoval, planWalRetention } from '../../../layers/wal/wal-retention.ts';
import type { ClusterArchive } from '../../../layers/wal/windows.ts';
import { type BaseFacts, baseOf } from '../../support/world/stored-bases.ts';
import { heldIn, historyAt, partialAt, WAL_SEGMENT, wholeAt } from '../../support/world/wal-listing.ts';

const HOUR_MS = 3_600_000;
/** Segment 30 was stored at hour 30, and a base backup of it is from then. */
const hour = (hours: number) => new Date(Date.UTC(2026, 0, 1) + hours * HOUR_MS);

function baseAt(number: number, facts: Partial<BaseFacts> = {}): StoredBase {
  const startLsn = BigInt(number * WAL_SEGMENT + 0x28);
  const stoppedAt = new Date(hour(number).getTime() - HOUR_MS / 2);
  const startedAt = new Date(stoppedAt.getTime() - 60_000);
  return baseOf({ startedAt, stoppedAt, startLsn, stopLsn: startLsn + 0x100n, verdict: 'restorable', ...facts });
}

function archive(listing: readonly ListedObject[], bases: readonly StoredBase[], histories: Histories = new Map()) {
  const holdings = heldIn(listing);
  return { holdings, histories, bases } satisfies ClusterArchive;
}

const wal = (from: number, to: number, timeline = 1) =>
  Array.from({ length: to - from + 1 }, (_, index) => wholeAt(timeline, from + index, hour(from + index)));
const numberOf = ({ startLsn }: StoredBase) => Number(startLsn / BigInt(WAL_SEGMENT));

function outcome(of: ClusterArchive, days: number | 'unsaid' = 1, now = hour(1_000)) {
  const plan = planWalRetention(of, { days: days === 'unsaid' ? undefined : days }, now);
  return {
    keep: Object.fromEntries(plan.keep.map(({ what, reasons }) => [numberOf(what), reasons.join(', ')])),
    retire: plan.retire.map(({ what }) => numberOf(what)),
    wal: planWalRemoval(
      of,
      plan.keep.map(({ what }) => what),
      now,
    ).map(({ what }) => `${what.timeline}/${what.number}`),
  };
}

describe('base backups', () => {
  test('of the window are kept, and the newest before it, with which it begins', () => {
    expect(
      outcome(
        archive(
          wal(1, 100),
          [10, 40, 70, 80, 95].map((number) => baseAt(number)),
        ),
      ),
    ).toMatchObject({
      keep: { 95: 'newest restorable, within 1d', 80: 'within 1d', 70: 'the window begins with it' },
      retire: [40, 10],
    });
  });

  test('that are unproved or bad displace no proved one', () => {
    const bases = [
      baseAt(10),
      baseAt(40),
      baseAt(50, { verdict: 'readable' }),
      baseAt(60, { verdict: undefined }),
      baseAt(70, { verdict: 'corrupt' }),
      baseAt(90),
    ];
    expect(outcome(archive(wal(1, 100), bases))).toMatchObject({
      keep: {
        90: 'newest restorable, within 1d',
        60: 'no verdict yet',
        50: 'the window begins with it',
        40: 'the window begins with it',
      },
      retire: [70, 10],
    });
  });

  test('an increment holds what it stands on', () => {
    const [full, increment] = [baseAt(10), baseAt(30, { parent: baseAt(10).startedAt })];
    const bases = [full, increment, baseAt(90, { parent: increment.startedAt })];
    expect(outcome(archive(wal(1, 100), bases)).retire).toEqual([]);
  });

  test('whose parent is gone, or whose WAL is not there to its end, begin no window', () => {
    const bases = [baseAt(10), baseAt(40, { parent: hour(0) }), baseAt(60), baseAt(90)];
    const holed = [...wal(1, 59), ...wal(61, 100)];
    expect(outcome(archive(holed, bases))).toMatchObject({
      keep: { 10: 'the window begins with it' },
      retire: [60, 40],
    });
  });

  test('nothing more goes when archiving stops', () => {
    const stopped = archive(wal(1, 100), [baseAt(10), baseAt(70), baseAt(95)]);
    expect(outcome(stopped, 1, hour(100_000))).toEqual(outcome(stopped, 1, hour(100)));
  });

  test('whose files are gone stand for no proof', () => {
    const bases = [baseAt(10), baseAt(40), baseAt(95, { incomplete: true })];
    expect(outcome(archive(wal(1, 100), bases))).toMatchObject({
      keep: { 95: 'within 1d, newer than every good base backup', 40: 'newest restorable, the window begins with it' },
      retire: [10],
    });
  });

  test('the last proved one stays, whatever comes after it; so does what a person pinned', () => {
    const bases = [
      baseAt(5, { kept: true }),
      baseAt(10),
      baseAt(40, { verdict: 'corrupt' }),
      baseAt(99, { verdict: 'readable' }),
    ];
    expect(outcome(archive(wal(1, 100), bases)).keep).toMatchObject({
      5: 'kept by hand',
      10: 'newest restorable, the window begins with it',
    });
  });
});

describe('WAL', () => {
  test('goes before the segment with which the oldest kept base backup begins', () => {
    expect(outcome(archive(wal(65, 100), [baseAt(10), baseAt(70), baseAt(95)])).wal).toEqual([
      '1/65',
      '1/66',
      '1/67',
      '1/68',
      '1/69',
    ]);
  });

  test('stays where there is no base backup yet, and where it is as new as the oldest', () => {
    expect(outcome(archive(wal(1, 5), [])).wal).toEqual([]);
    const late = wal(65, 100).map((object) => ({ ...object, modifiedAt: hour(99) }));
    expect(outcome(archive(late, [baseAt(70), baseAt(95)])).wal).toEqual([]);
  });

  test('stays while a kept base backup needs it, whatever date it has', () => {
    const undated = wal(65, 100).map((object) => ({ ...object, modifiedAt: hour(0) }));
    expect(outcome(archive(undated, [baseAt(70), baseAt(95)])).wal).toEqual(['1/65', '1/66', '1/67', '1/68', '1/69']);
  });

  test('that only begins a segment goes a day after the whole one', () => {
    const listing = [
      ...wal(70, 100),
      partialAt(1, 75, 5, hour(75)),
      partialAt(1, 99, 5, hour(99)),
      partialAt(1, 101, 5, hour(101)),
    ];
    expect(outcome(archive(listing, [baseAt(70), baseAt(99)]), 1, hour(102)).wal).toEqual(['1/75']);
  });

  test('of a timeline that was left stays while a kept base backup leads there, and so do histories', () => {
    const histories: Histories = new Map([[2, [{ timeline: 1, endsAt: BigInt(50.5 * WAL_SEGMENT), reason: '' }]]]);
    const listing = [...wal(1, 60), historyAt(2), ...wal(50, 100, 2)];
    const old = archive(listing, [baseAt(45), baseAt(55)], histories);
    expect(outcome(old, 10).wal).toEqual(wal(1, 44).map((_, index) => `1/${index + 1}`));
    const moved = archive(listing, [baseAt(55), baseAt(60, { timeline: 2 }), baseAt(95, { timeline: 2 })], histories);
    const gone = outcome(moved);
    expect(gone.retire).toEqual([55]);
    expect(gone.wal).toEqual([
      ...wal(1, 59).map((_, index) => `1/${index + 1}`),
      ...wal(50, 59, 2).map((_, index) => `2/${index + 50}`),
    ]);
  });
});

test('all base backups stay while nobody has said how far back, and WAL that they need', () => {
  const reasons = 'nobody has said how far back';
  const bases = [baseAt(10), baseAt(40, { verdict: 'corrupt' }), baseAt(95)];
  expect(outcome(archive(wal(1, 100), bases), 'unsaid')).toMatchObject({
    keep: { 10: reasons, 40: reasons, 95: `newest restorable, ${reasons}` },
    retire: [],
    wal: wal(1, 9).map((_, index) => `1/${index + 1}`),
  });
});

describe('whatever is there', () => {
  const verdict = fc.constantFrom<VerdictName | undefined>(
    'restorable',
    'restorable',
    'readable',
    'corrupt',
    undefined,
  );
  const bases = fc
    .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 39 }), verdict, fc.boolean()), {
      selector: ([number]) => number,
      maxLength: 9,
    })
    .map((all) => {
      const sorted = all.sort(([a], [b]) => a - b);
      return sorted.map(([number, found, increment], index) => {
        const parent = increment && index > 0 ? baseAt(sorted[index - 1]?.[0] ?? 0).startedAt : undefined;
        return baseAt(number, { verdict: found, parent });
      });
    });
  const situation = fc.record({
    bases,
    missing: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 2 }),
    days: fc.integer({ min: 1, max: 2 }).map((half) => half / 2),
    hours: fc.integer({ min: 0, max: 40 }),
  });

  test('each moment of the window that could be recovered still can; what is kept has the WAL that it had', () => {
    fc.assert(
      fc.property(situation, ({ bases: all, missing, days, hours }) => {
        const listing = wal(1, 40).filter((_, index) => !missing.includes(index + 1));
        const before = archive(listing, all);
        const plan = planWalRetention(before, { days }, hour(40));
        expect(plan.keep.length + plan.retire.length).toBe(all.length);
        const kept = plan.keep.map(({ what }) => what);
        const gone = new Set(planWalRemoval(before, kept, hour(40)).map(({ what }) => what.key));
        const after = archive(
          listing.filter(({ key }) => !gone.has(key)),
          kept,
        );
        const end = Math.max(0, ...all.map(numberOf), ...before.holdings.numbers(1).map(Number));
        const target = { kind: 'time', at: hour(Math.max(hours, end - 24 * days)) } as const;
        // What no drill has found good is kept, so only what all would begin with matters.
        if (isPlan(planRecovery(before, target))) expect(isPlan(planRecovery(after, target))).toBe(true);
        for (const { startLsn } of kept) {
          const lead = (of: ClusterArchive) =>
            coverage(of.holdings, ancestry(1, new Map()), startLsn).map(({ to }) => to);
          expect(lead(after)).toEqual(lead(before));
        }
        const restorable = all
          .filter((one) => one.verdict === 'restorable')
          .sort((a, b) => numberOf(b) - numberOf(a))[0];
        if (restorable !== undefined) expect(kept).toContain(restorable);
      }),
      { numRuns: 150 },
    );
  });
});
