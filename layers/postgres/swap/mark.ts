import { isNameBeside, type Purpose } from '../../backup/names-beside.ts';

/**
 * The comment of a database that a refresh made, or put aside. By it and by the name the next one knows its own.
 *
 * @param refresh - its name, of letters, digits, - and _
 */
export function markOf(refresh: string, purpose: Purpose, database: string, at: Date): string {
  return `${beginOf(refresh, purpose, database)}${at.toISOString()}; the next refresh removes it`;
}

/**
 * What a refresh says with this comment; undefined if it is none of its own.
 *
 * @param database - the one that it replaces: elsewhere there may be another refresh of that name
 */
export function purposeOf(refresh: string, database: string, comment: string | null): Purpose | undefined {
  return PURPOSES.find((purpose) => comment?.startsWith(beginOf(refresh, purpose, database)));
}

/** The same, of a database that has such a name, too: who renames one keeps it. */
export function purposeOfOwn(
  refresh: string,
  database: string,
  { name, comment }: { readonly name: string; readonly comment: string | null },
): Purpose | undefined {
  const purpose = purposeOf(refresh, database, comment);
  return purpose !== undefined && name !== database && isNameBeside(database, purpose, name) ? purpose : undefined;
}

/** The comment that stays: a mark goes, for somebody has given the name to what a refresh put aside. */
export function unmarked(refresh: string, database: string, comment: string | null): string | null {
  return purposeOf(refresh, database, comment) === undefined ? comment : null;
}

const PURPOSES: readonly Purpose[] = ['made', 'kept'];

function beginOf(refresh: string, purpose: Purpose, database: string): string {
  const words = purpose === 'made' ? `is made into "${database}" since ` : `was "${database}" until `;
  return `pgvouch refresh ${refresh}: this ${words}`;
}
