import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planRetention, type RetentionCandidate } from '../../../layers/backup/retention.ts';
import type { RetentionPolicy } from '../../../layers/backup/retention-rules.ts';
import { isGood, VERDICTS, type VerdictName } from '../../../layers/backup/verdict.ts';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const NOTHING = { keepDays: 0, keepLast: 0, keepDaily: 0, keepWeekly: 0, keepMonthly: 0, keepYearly: 0 };
const now = new Date('2026-11-22T03:00:00Z');

const verdict = fc.option(fc.constantFrom<VerdictName>(...VERDICTS), { nil: undefined, freq: 8 });
/** Reaches from dense (many a day) to sparse (few a year). */
const spanHours = fc.constantFrom(5 * 24, 90 * 24, 5 * 365 * 24);
/** Fired at whole hours plus `offsetHours`, up to two days ahead; the data shows some hours later. */
const backupsOf = (maxLength: number, offsetHours: number) =>
  spanHours.chain((span) =>
    fc
      .uniqueArray(
        fc.record({
          hour: fc.integer({ min: -48, max: span }),
          verdict,
          kept: fc.nat(9).map((dice) => dice === 0),
          lateByMs: fc.integer({ min: 0, max: 5 * HOUR_MS }),
        }),
        { maxLength, size: 'max', selector: ({ hour }) => hour },
      )
      .map((rows) =>
        rows.map(({ hour, lateByMs, ...rest }): RetentionCandidate => {
          const firedAt = new Date(now.getTime() - (hour + offsetHours) * HOUR_MS);
          return { database: 'shop', firedAt, snapshotAt: new Date(firedAt.getTime() + lateByMs), ...rest };
        }),
      ),
  );
const catalog = backupsOf(300, 0);
/** More backups of the same database; none fired when one of the catalog was. */
const more = backupsOf(30, 0.5);

/** Mostly few rules at once: many hide each other's mistakes. */
const upTo = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: 0, freq: 2 });
const anyPolicy = fc.record({
  keepDays: upTo(800),
  keepLast: upTo(40),
  keepDaily: upTo(40),
  keepWeekly: upTo(60),
  keepMonthly: upTo(50),
  keepYearly: upTo(7),
});
const oneRule = fc
  .constantFrom('keepDays', 'keepLast', 'keepDaily', 'keepWeekly', 'keepMonthly', 'keepYearly')
  .chain((name) => fc.integer({ min: 1, max: 12 }).map((count) => ({ ...NOTHING, [name]: count })));
const policy = fc.oneof(
  oneRule,
  anyPolicy.filter((rules) => Object.values(rules).some((count) => count > 0)),
);
const clock = fc.integer({ min: -3650, max: 3650 }).map((days) => new Date(now.getTime() + days * DAY_MS));
const everywhere = fc.tuple(catalog, policy, clock);

const goodOne = ({ verdict: found }: RetentionCandidate) => found !== undefined && isGood(found);
const provedOne = ({ verdict: found }: RetentionCandidate) => found === 'restorable';
const ids = (backups: readonly RetentionCandidate[]) => backups.map(({ firedAt }) => firedAt.toISOString());
const retired = (...of: Parameters<typeof planRetention<RetentionCandidate>>) =>
  planRetention(...of).retire.map(({ backup }) => backup);
const kept = (...of: Parameters<typeof planRetention<RetentionCandidate>>) =>
  planRetention(...of).keep.map(({ backup }) => backup);
const newestOwnTime = (backups: readonly RetentionCandidate[]) =>
  new Date(Math.max(now.getTime(), ...backups.map(({ snapshotAt }) => snapshotAt.getTime())));

/** Whether a property holds for whatever is drawn. */
const holds = <T>(drawn: fc.Arbitrary<T>, check: (value: T) => void) => fc.assert(fc.property(drawn, check));

test('every backup is decided once, with reasons, newest first', () => {
  holds(everywhere, ([backups, rules, at]) => {
    const { keep, retire } = planRetention(backups, rules, at);
    const all = [...keep, ...retire].map(({ backup }) => backup);
    expect(all).toHaveLength(backups.length);
    expect(new Set(all)).toEqual(new Set(backups));
    for (const part of [keep, retire]) {
      const times = part.map(({ backup: { snapshotAt } }) => snapshotAt.getTime());
      expect(times).toEqual([...times].sort((a, b) => b - a));
      expect(part.every(({ reasons }) => reasons.length > 0)).toBe(true);
    }
  });
});

test('the last proof stays', () => {
  holds(everywhere, ([backups, rules, at]) => {
    const gone = new Set(retired(backups, rules, at));
    const left = backups.filter((one) => !gone.has(one));
    for (const proves of [provedOne, goodOne]) expect(left.some(proves)).toBe(backups.some(proves));
    const newest = backups.filter(provedOne).sort((a, b) => b.snapshotAt.getTime() - a.snapshotAt.getTime())[0];
    if (newest) expect(gone.has(newest)).toBe(false);
  });
});

test('nothing without a verdict and nothing kept by hand is retired', () => {
  holds(everywhere, ([backups, rules, at]) => {
    expect(retired(backups, rules, at).filter((one) => one.kept || one.verdict === undefined)).toEqual([]);
  });
});

test('twice is once: of what was kept nothing more is retired', () => {
  holds(everywhere, ([backups, rules, at]) => {
    expect(retired(kept(backups, rules, at), rules, at)).toEqual([]);
  });
});

test('runs after every backup keep what one run at the end would', () => {
  holds(fc.tuple(backupsOf(60, 0), policy), ([backups, rules]) => {
    const inTime = backups.toSorted(
      (a, b) => a.snapshotAt.getTime() - b.snapshotAt.getTime() || a.firedAt.getTime() - b.firedAt.getTime(),
    );
    let left: RetentionCandidate[] = [];
    for (const next of inTime) left = kept([...left, next], rules, next.snapshotAt);
    expect(ids(left)).toEqual(ids(kept(backups, rules, newestOwnTime(backups))));
  });
});

test('no clock, ahead or behind, loses anything that the newest backup’s own time would not', () => {
  holds(everywhere, ([backups, rules, at]) => {
    const gone = new Set(retired(backups, rules, newestOwnTime(backups)));
    expect(retired(backups, rules, at).filter((one) => !gone.has(one))).toEqual([]);
  });
});

test('a clock far ahead changes nothing', () => {
  holds(fc.tuple(catalog, policy, fc.integer({ min: 3, max: 3650 })), ([backups, rules, days]) => {
    const newest = newestOwnTime(backups);
    const ahead = new Date(newest.getTime() + days * DAY_MS);
    expect(planRetention(backups, rules, ahead)).toEqual(planRetention(backups, rules, newest));
  });
});

test('unproved backups, whenever they come and whatever they are, push out no proved one', () => {
  holds(fc.tuple(everywhere, more), ([[backups, rules, at], drawn]) => {
    const added = drawn.filter((one) => !provedOne(one));
    const before = new Set(retired(backups, rules, at));
    const after = retired([...backups, ...added], rules, at);
    expect(after.filter((one) => provedOne(one) && !before.has(one))).toEqual([]);
  });
});

test('bad backups push out no good one', () => {
  holds(fc.tuple(everywhere, more), ([[backups, rules, at], drawn]) => {
    const added = drawn.filter((one) => !goodOne(one));
    const good = (of: readonly RetentionCandidate[]) => retired(of, rules, at).filter(goodOne);
    const before = new Set(good(backups));
    expect(good([...backups, ...added]).filter((one) => !before.has(one))).toEqual([]);
  });
});

test('backups dated in the future push out nothing', () => {
  holds(fc.tuple(everywhere, more), ([[backups, rules, at], drawn]) => {
    const added = drawn.filter(({ snapshotAt }) => snapshotAt > at);
    expect(retired([...backups, ...added], rules, at)).toEqual(retired(backups, rules, at));
  });
});

test('proved ones take no more from the unproved than if nobody had proved them', () => {
  holds(everywhere, ([backups, rules, at]) => {
    const unproved = backups.map((one) => (provedOne(one) ? { ...one, verdict: 'readable' as const } : one));
    const proved = new Set(ids(backups.filter(provedOne)));
    const others = (of: readonly RetentionCandidate[]) => ids(retired(of, rules, at)).filter((id) => !proved.has(id));
    expect(others(backups)).toEqual(others(unproved));
  });
});

test('no rule keeps more than its count of either pool', () => {
  holds(everywhere, ([backups, rules, at]) => {
    const { keep } = planRetention(backups, rules, at);
    const names = { last: 'keepLast', daily: 'keepDaily', weekly: 'keepWeekly', monthly: 'keepMonthly' } as const;
    for (const [name, field] of Object.entries({ ...names, yearly: 'keepYearly' as const })) {
      const claimed = keep.flatMap(({ reasons }) => reasons.filter((reason) => reason.split(' ').includes(name)));
      const ofProved = claimed.filter((reason) => reason.endsWith(' restorable'));
      const ofIntact = claimed.filter((reason) => reason.endsWith(' intact'));
      expect(claimed.length - ofProved.length - ofIntact.length).toBeLessThanOrEqual(rules[field]);
      expect(ofIntact.length).toBeLessThanOrEqual(rules[field]);
      expect(ofProved.length).toBeLessThanOrEqual(rules[field]);
      const proved = keep.filter(
        ({ backup, reasons }) => provedOne(backup) && reasons.some((r) => claimed.includes(r)),
      );
      expect(proved.length).toBeLessThanOrEqual(rules[field]);
    }
  });
});

test('when no good backup is made any more, time and bad ones retire no good one', () => {
  holds(fc.tuple(catalog, policy, fc.integer({ min: 1, max: 3650 })), ([backups, rules, days]) => {
    const past = backups.filter(({ snapshotAt }) => snapshotAt <= now);
    const later = new Date(now.getTime() + days * DAY_MS);
    const bad: RetentionCandidate = {
      database: 'shop',
      firedAt: later,
      snapshotAt: later,
      verdict: 'corrupt',
      kept: false,
    };
    expect(retired([...past, bad], rules, later).filter(goodOne)).toEqual(retired(past, rules, now).filter(goodOne));
  });
});

test('the order of the input does not matter', () => {
  holds(fc.tuple(everywhere, fc.infiniteStream(fc.nat())), ([[backups, rules, at], weights]) => {
    const shuffled = backups
      .map((one) => ({ one, weight: weights.next().value ?? 0 }))
      .sort((a, b) => a.weight - b.weight)
      .map(({ one }) => one);
    expect(planRetention(shuffled, rules, at)).toEqual(planRetention(backups, rules, at));
  });
});

test('a policy that asks for more retires nothing that one that asks for less keeps', () => {
  holds(fc.tuple(everywhere, anyPolicy), ([[backups, rules, at], extra]) => {
    const fields = Object.keys(rules) as (keyof typeof rules)[];
    const longer: RetentionPolicy = Object.fromEntries(fields.map((field) => [field, rules[field] + extra[field]]));
    const gone = new Set(retired(backups, rules, at));
    expect(retired(backups, longer, at).filter((one) => !gone.has(one))).toEqual([]);
  });
});

test('a policy that keeps nothing is refused, whatever there is', () => {
  const nothing = fc.subarray(Object.entries(NOTHING)).map((left): RetentionPolicy => Object.fromEntries(left));
  holds(fc.tuple(catalog, nothing, clock), ([backups, rules, at]) => {
    expect(() => planRetention(backups, rules, at)).toThrow(expect.objectContaining({ name: 'PolicyError' }));
  });
});
