/** What a database beside another one is to a refresh: made to take its place, or put aside. */
export type Purpose = 'made' | 'kept';

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

/** @param id - eight hexadecimal digits */
export function endingOfMade(id: string): string {
  return `_pgvouch_${id}`;
}

/** `_before_20261130_060000` */
export function endingOfKept(at: Date): string {
  return `_before_${at
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace('T', '_')
    .replace(/[-:]/g, '')}`;
}

const ENDINGS = { made: /_pgvouch_[0-9a-f]{8}$/, kept: /_before_\d{8}_\d{6}$/ } as const;

/** Whether a refresh gives such names to what is beside that database. One that a person has given differs. Pure. */
export function isNameBeside(database: string, purpose: Purpose, name: string): boolean {
  const [ending] = ENDINGS[purpose].exec(name) ?? [];
  return ending !== undefined && name === nameBeside(database, ending);
}

/** A name of each kind, to try patterns with. */
export function examplesBeside(database: string): readonly string[] {
  return [endingOfMade('00000000'), endingOfKept(new Date('2026-01-01'))].map((one) => nameBeside(database, one));
}
