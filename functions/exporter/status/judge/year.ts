import { isBad as isBadVerdict, VERDICTS } from '../../../../layers/backup/verdict.ts';
import { DAY_MS } from '../../../../layers/words/spans.ts';
import { type Sign, signOf } from './backup-sign.ts';
import type { BackupFacts, WindowFacts } from './facts.ts';

/** One day, in UTC, of the last year. */
export interface Day {
  /** Its midnight. */
  readonly at: Date;
  /** Of the best backup of the day: whether one can go back to it is what a calendar is asked. */
  readonly sign: Sign | undefined;
  /** Whether another backup of the day is bad. */
  readonly mixed: boolean;
  readonly backups: number;
}

/** The days of a year and a few, so that it begins with a Monday and ends with today. */
export const WEEKS = 53;

/** The last year, day by day, oldest first. Pure. */
export function yearOf(backups: readonly BackupFacts[], now: Date): Day[] {
  const today = Math.floor(now.getTime() / DAY_MS);
  const first = monday(today) - 7 * (WEEKS - 1);
  const byDay = new Map<number, BackupFacts[]>();
  for (const backup of backups) {
    const number = Math.floor(backup.showsAt.getTime() / DAY_MS);
    if (number >= first && number <= today) byDay.set(number, [...(byDay.get(number) ?? []), backup]);
  }
  return Array.from({ length: today - first + 1 }, (_, index) => {
    const those = byDay.get(first + index) ?? [];
    return { at: new Date((first + index) * DAY_MS), ...signOfDay(those), backups: those.length };
  });
}

/** Of each of those days whether any second of it can be gone back to. */
export function bandOf(days: readonly Day[], windows: readonly Pick<WindowFacts, 'from' | 'to'>[]): boolean[] {
  return days.map(({ at }) => {
    const ends = new Date(at.getTime() + DAY_MS);
    return windows.some(({ from, to }) => from < ends && to >= at);
  });
}

/** How many days have each sign; a day without a backup counts as `none`. */
export function tally(days: readonly Day[]): Map<Sign | 'none', number> {
  const counts = new Map<Sign | 'none', number>();
  for (const { sign = 'none' } of days) counts.set(sign, (counts.get(sign) ?? 0) + 1);
  return counts;
}

/** From the one that one would rather go back to. */
export const SIGNS: readonly Sign[] = [
  'restorable',
  'readable',
  'intact',
  'retired',
  'waiting',
  'unrestorable',
  'corrupt',
];

function signOfDay(backups: readonly BackupFacts[]): { sign: Sign | undefined; mixed: boolean } {
  const signs = backups.map(signOf);
  const sign = SIGNS.find((one) => signs.includes(one));
  const isBad = (one: Sign) => VERDICTS.some((verdict) => verdict === one && isBadVerdict(verdict));
  return { sign, mixed: sign !== undefined && !isBad(sign) && signs.some(isBad) };
}

/** The number of the Monday on or before a day; the epoch was a Thursday. */
function monday(day: number): number {
  return day - ((day + 3) % 7);
}
