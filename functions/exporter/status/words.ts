const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const DAY_MS = 24 * HOUR;

/** `5 min`, `6 h`, `3 days`: one unit, rounded down, as people say it. */
export function span(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.floor(ms / SECOND))} s`;
  if (ms < 2 * HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * DAY_MS) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY_MS)} days`;
}

/** `6 h ago`, or `in 5 h` for what is to come. */
export function ago(at: Date, now: Date): string {
  const ms = now.getTime() - at.getTime();
  return ms >= 0 ? `${span(ms)} ago` : `in ${span(-ms)}`;
}

/** `4.2 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < MINUTE) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ${Math.floor((ms % MINUTE) / SECOND)} s`;
  return `${Math.floor(ms / HOUR)} h ${Math.floor((ms % HOUR) / MINUTE)} min`;
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** `October`. @param month - from 0 */
export function monthName(month: number): string {
  return MONTHS[month] ?? '';
}

/** `23 October`, with the year where it is not this one; in UTC, as everything here. */
export function day(at: Date, now: Date): string {
  const year = at.getUTCFullYear() === now.getUTCFullYear() ? '' : ` ${at.getUTCFullYear()}`;
  return `${at.getUTCDate()} ${monthName(at.getUTCMonth())}${year}`;
}

/** `02:00 UTC` today or tomorrow, else `27 November, 02:00 UTC`: the next of its kind needs no date. */
export function moment(at: Date, now: Date): string {
  const time = `${at.toISOString().slice(11, 16)} UTC`;
  return Math.abs(at.getTime() - now.getTime()) < DAY_MS ? time : `${day(at, now)}, ${time}`;
}

/** `2026-11-23 02:00`, in UTC. */
export function stamp(at: Date): string {
  return at.toISOString().slice(0, 16).replace('T', ' ');
}

/** `2026-11-23T02:00Z`, as programs read it. */
export function machine(at: Date): string {
  return `${at.toISOString().slice(0, 16)}Z`;
}

/** `1 backup`, `2,000 backups`. */
export function count(number: number, what: string): string {
  return `${number.toLocaleString('en-US')} ${what}${number === 1 ? '' : 's'}`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** `12.3 MB`, in powers of ten, as disks and invoices count. */
export function bytes(sizeBytes: number): string {
  let value = sizeBytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** Cut in the middle where it is too long: what failed stands at its beginning, why at its end. */
export function shorten(text: string, longest: number): string {
  if (text.length <= longest) return text;
  // A character takes two units at most: of a long text only its ends are taken apart.
  const isLong = text.length > 4 * longest;
  const characters = Array.from(isLong ? text.slice(0, 2 * longest) : text);
  if (!isLong && characters.length <= longest) return text;
  const ending = isLong ? Array.from(text.slice(-2 * longest)) : characters;
  const head = Math.floor(longest / 3);
  return `${characters.slice(0, head).join('')} … ${ending.slice(head - longest).join('')}`;
}

/** Longer than any name that PostgreSQL takes; a folder in the bucket may be called anything. */
const LONGEST_NAME = 64;

/** A database's name where people read it. */
export function label(name: string): string {
  return shorten(name, LONGEST_NAME);
}

/** Without characters that cannot be seen, or that turn the direction of writing and so could hide what is said. */
export function visible(text: string): string {
  return text.replace(
    /(?![\n\t])\p{Cc}|[\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu,
    '\u{fffd}',
  );
}

/** A name as a shell takes it, quoted where it must be. */
export function shellWord(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}
