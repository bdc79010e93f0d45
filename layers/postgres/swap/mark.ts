/** What the comment of a database says that a refresh made, or put aside: by it the next one knows which are its own. */
export type Purpose = 'made' | 'kept';

/** @param refresh - its name, of letters, digits, - and _ */
export function markOf(refresh: string, purpose: Purpose, database: string, at: Date): string {
  return `${beginOf(refresh, purpose, database)}${at.toISOString()}; the next refresh removes it`;
}

/**
 * What a database with this comment is to a refresh; undefined if it is none of its own.
 *
 * @param database - the one that it replaces: elsewhere there may be another refresh of that name
 */
export function purposeOf(refresh: string, database: string, comment: string | null): Purpose | undefined {
  return PURPOSES.find((purpose) => comment?.startsWith(beginOf(refresh, purpose, database)));
}

const PURPOSES: readonly Purpose[] = ['made', 'kept'];

function beginOf(refresh: string, purpose: Purpose, database: string): string {
  const words = purpose === 'made' ? `is made into "${database}" since ` : `was "${database}" until `;
  return `pgvouch refresh ${refresh}: this ${words}`;
}

/** PostgreSQL's NAMEDATALEN - 1. */
const MOST_BYTES = 63;

/** A name that begins with the database's, as far as that fits: `shop_staging_pgvouch_1a2b3c4d`. */
export function nameBeside(database: string, ending: string): string {
  const room = MOST_BYTES - Buffer.byteLength(ending);
  let begin = '';
  for (const character of database) {
    if (Buffer.byteLength(begin + character) > room) break;
    begin += character;
  }
  return begin + ending;
}

/** `_before_20261130_060000` */
export function endingOfKept(at: Date): string {
  return `_before_${at
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace('T', '_')
    .replace(/[-:]/g, '')}`;
}
