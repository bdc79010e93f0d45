import { DAY_MS } from './instant.ts';

/** What to keep, in restic's terms. A rule of 0, or left out, claims nothing. */
export interface RetentionPolicy {
  /** In days of 24 h, counted back from the newest backup of the pool, that instant included. */
  readonly keepDays?: number;
  /** In backups, counted from the newest. */
  readonly keepLast?: number;
  /** In days, weeks (ISO), months and years of UTC that have a backup: the newest of each is kept. */
  readonly keepDaily?: number;
  readonly keepWeekly?: number;
  readonly keepMonthly?: number;
  readonly keepYearly?: number;
}

/** One rule of a policy. It sees only the backups of one pool: newest first, none of them in the future. */
export interface Rule {
  /** @returns what it claims, each with its reason: `daily 2026-11-22` */
  claim<B extends Dated>(pool: readonly B[]): Map<B, string>;
  /** What it says of a backup that it does not claim: `not among the last 7 daily` */
  readonly refusal: string;
}

interface Dated {
  readonly snapshotAt: Date;
}

interface Period {
  readonly name: string;
  /** The period that an instant falls into, as text that no other period has. */
  nameAt(at: Date): string;
}

const DAY: Period = { name: 'daily', nameAt: (at) => at.toISOString().slice(0, 10) };
const WEEK: Period = { name: 'weekly', nameAt: isoWeekOf };
const MONTH: Period = { name: 'monthly', nameAt: (at) => at.toISOString().slice(0, 7) };
const YEAR: Period = { name: 'yearly', nameAt: (at) => at.toISOString().slice(0, 4) };

/** The rules of a policy that claim anything at all; none if the policy keeps nothing. */
export function rulesOf(policy: RetentionPolicy): Rule[] {
  const { keepDays = 0, keepLast = 0, keepDaily = 0, keepWeekly = 0, keepMonthly = 0, keepYearly = 0 } = policy;
  return [
    ...(keepDays > 0 ? [within(keepDays)] : []),
    ...(keepLast > 0 ? [last(keepLast)] : []),
    ...(keepDaily > 0 ? [newestOfEach(DAY, keepDaily)] : []),
    ...(keepWeekly > 0 ? [newestOfEach(WEEK, keepWeekly)] : []),
    ...(keepMonthly > 0 ? [newestOfEach(MONTH, keepMonthly)] : []),
    ...(keepYearly > 0 ? [newestOfEach(YEAR, keepYearly)] : []),
  ];
}

/**
 * What is at most so many days older than `from`, that instant included.
 *
 * @param from - claims nothing if there is none
 */
export function claimWithin<B extends Dated>(backups: readonly B[], days: number, from: Date | undefined) {
  const claims = new Map<B, string>();
  if (from === undefined || days <= 0) return claims;
  for (const backup of backups) {
    const ageMs = from.getTime() - backup.snapshotAt.getTime();
    if (ageMs <= days * DAY_MS) claims.set(backup, `within ${days}d`);
  }
  return claims;
}

function within(days: number): Rule {
  return { claim: (pool) => claimWithin(pool, days, pool[0]?.snapshotAt), refusal: `older than ${days}d` };
}

function last(count: number): Rule {
  return {
    claim: (pool) => new Map(pool.slice(0, count).map((backup) => [backup, `last ${count}`])),
    refusal: `not among the last ${count}`,
  };
}

/**
 * Claims the newest of each period, and while places are left the oldest of all: what is kept then reaches back as far
 * as there are backups, until there are enough periods to fill the rule.
 */
function newestOfEach(period: Period, count: number): Rule {
  return {
    claim<B extends Dated>(pool: readonly B[]) {
      const newest = new Map<string, B>();
      for (const backup of pool) {
        const name = period.nameAt(backup.snapshotAt);
        if (!newest.has(name)) newest.set(name, backup);
      }
      const claims = new Map<B, string>();
      for (const [name, backup] of [...newest].slice(0, count)) claims.set(backup, `${period.name} ${name}`);
      const oldest = pool.at(-1);
      if (oldest !== undefined && newest.size < count && !claims.has(oldest)) {
        claims.set(oldest, `oldest ${period.name} ${period.nameAt(oldest.snapshotAt)}`);
      }
      return claims;
    },
    refusal: `not among the last ${count} ${period.name}`,
  };
}

/**
 * `2026-W47`. A week begins on Monday and belongs to the year that has its Thursday.
 *
 * @see ISO 8601, week dates
 */
function isoWeekOf(at: Date): string {
  const mondayIsZero = (at.getUTCDay() + 6) % 7;
  const thursday = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() - mondayIsZero + 3));
  const year = thursday.getUTCFullYear();
  const week = 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY_MS));
  return `${year}-W${String(week).padStart(2, '0')}`;
}
