import type { Manifest } from './manifest.ts';
import type { StoredManifest } from './sealed-manifest.ts';

/** How much a database holds, as one of its backups counted it. */
export interface Contents {
  readonly tables: number;
  readonly rows: number;
}

interface Archived {
  readonly archive: Pick<Manifest['archive'], 'sizeBytes'>;
}

type Previous = Pick<StoredManifest, 'firedAt' | 'fall'> &
  Archived & { readonly tables?: Manifest['tables'] | undefined; readonly leftOut?: Manifest['leftOut'] };
type Fall = NonNullable<Manifest['fall']>;

/** To so little of what was there. */
const NEXT_TO_NOTHING = 0.1;
/** Fewer rows or tables may well become a tenth of themselves. */
const ENOUGH = { rows: 100, tables: 10 };
/** The same of an archive: less is hardly more than the definitions of a few tables. */
const ENOUGH_BYTES = 100_000;
/** Without its rows an archive is smaller than this, if there were any to speak of. */
const WITHOUT_ROWS = 0.9;
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
 * The same where only the size of the archive before it is known, for what it held is sealed. Pure.
 *
 * @param beforeBytes - undefined if not even that is known: then it has fallen until a person says otherwise
 */
function hasShrunk(beforeBytes: number | undefined, archiveBytes: number, { rows }: Contents): boolean {
  if (beforeBytes === undefined) return true;
  const isTenth = beforeBytes >= ENOUGH_BYTES && archiveBytes <= NEXT_TO_NOTHING * beforeBytes;
  return isTenth || (rows === 0 && archiveBytes < WITHOUT_ROWS * beforeBytes);
}

/**
 * What a new backup says of it: compared with the last one before the fall, however many came since, until it is back or
 * a person accepts what is left. Backups that leave out other things do not compare: that was a person's choice.
 *
 * @param previous - the backup before it, if there is one
 * @param isAccepted - whether a person accepted what that one holds
 */
export function fallOf(
  previous: Previous | undefined,
  isAccepted: boolean,
  now: Pick<Manifest, 'tables' | 'leftOut'> & Archived,
): Fall | undefined {
  if (previous === undefined) return undefined;
  // What a sealed one leaves out is not known.
  if (previous.tables !== undefined && !leaveOutTheSame(previous, now)) return undefined;
  const before = (isAccepted ? undefined : previous.fall) ?? standingOf(previous);
  const contents = contentsOf(now.tables);
  const { tables, rows, archiveBytes } = before as Fall;
  const fell =
    tables === undefined || rows === undefined
      ? hasShrunk(archiveBytes, now.archive.sizeBytes, contents)
      : hasFallen({ tables, rows }, contents);
  return fell ? before : undefined;
}

function standingOf({ firedAt, tables, archive }: Previous): Fall {
  return { since: firedAt, ...(tables ? contentsOf(tables) : { archiveBytes: archive.sizeBytes }) };
}

function leaveOutTheSame(...both: Pick<StoredManifest, 'leftOut'>[]): boolean {
  const [a, b] = both.map(({ leftOut }) => leftOut?.patterns.map(({ variable, pattern }) => `${variable} ${pattern}`));
  return String(a) === String(b);
}

/** Tables of extensions are left out: a fresh database has them too. */
export function contentsOf(tables: Manifest['tables']): Contents {
  const own = tables.filter(({ extension }) => extension === undefined);
  return { tables: own.length, rows: own.reduce((sum, { rows }) => sum + rows, 0) };
}
