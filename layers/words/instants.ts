import { DAY_MS } from './spans.ts';

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

/** `2026-11-23 02:00 UTC`. */
export function stampUtc(at: Date): string {
  return `${stamp(at)} UTC`;
}

/** `2026-11-23T02:00Z`, as programs read it. */
export function machine(at: Date): string {
  return `${at.toISOString().slice(0, 16)}Z`;
}

/** `2026-11-21 23:00:05 UTC`, with milliseconds where there are any: where every transaction counts. */
export function secondUtc(at: Date): string {
  return at
    .toISOString()
    .replace('T', ' ')
    .replace(/(\.000)?Z$/, ' UTC');
}
