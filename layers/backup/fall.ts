import type { Manifest } from './manifest.ts';

/** How much a database holds, as one of its backups counted it. */
export type Contents = Pick<NonNullable<Manifest['fall']>, 'tables' | 'rows'>;

/** To so little of what was there. */
const NEXT_TO_NOTHING = 0.1;
/** Fewer rows or tables may well become a tenth of themselves. */
const ENOUGH = { rows: 100, tables: 10 };
/** Fewer rows may well all be deleted. */
const ENOUGH_TO_BE_EMPTY = 20;

/**
 * Whether next to nothing is left of what a database held: a tenth of its rows or of its tables, or no row at all. Pure.
 * It may be empty, or the wrong one; its backups are proved like any other.
 */
export function hasFallen(before: Contents, now: Contents): boolean {
  const isTenth = (what: 'rows' | 'tables') =>
    before[what] >= ENOUGH[what] && now[what] <= NEXT_TO_NOTHING * before[what];
  return isTenth('rows') || isTenth('tables') || (before.rows >= ENOUGH_TO_BE_EMPTY && now.rows === 0);
}

/**
 * What a new backup says of it: compared with the last one before the fall, however many came since, until it is back or
 * a person accepts what is left. Backups that leave out other things do not compare: that was a person's choice.
 *
 * @param previous - the backup before it, if there is one
 * @param isAccepted - whether a person accepted what that one holds
 */
export function fallOf(
  previous: Pick<Manifest, 'firedAt' | 'tables' | 'fall' | 'leftOut'> | undefined,
  isAccepted: boolean,
  now: Pick<Manifest, 'tables' | 'leftOut'>,
): Manifest['fall'] {
  if (previous === undefined || !leaveOutTheSame(previous, now)) return undefined;
  const fallen = isAccepted ? undefined : previous.fall;
  const before = fallen ?? { since: previous.firedAt, ...contentsOf(previous.tables) };
  return hasFallen(before, contentsOf(now.tables)) ? before : undefined;
}

function leaveOutTheSame(...both: Pick<Manifest, 'leftOut'>[]): boolean {
  const [a, b] = both.map(({ leftOut }) => leftOut?.patterns.map(({ variable, pattern }) => `${variable} ${pattern}`));
  return String(a) === String(b);
}

/** Tables of extensions are left out: a fresh database has them too. */
export function contentsOf(tables: Manifest['tables']): Contents {
  const own = tables.filter(({ extension }) => extension === undefined);
  return { tables: own.length, rows: own.reduce((sum, { rows }) => sum + rows, 0) };
}
