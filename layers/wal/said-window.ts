import type { ListedObject } from '../backup/catalog.ts';
import { DAY_MS } from '../backup/instant.ts';
import { parseClusterKey } from './keys.ts';

/** Somebody who archives a cluster has said how far back it is to be recovered. */
export interface SaidWindow {
  /** Of 24 h. */
  readonly days: number;
  /** By the store's clock. */
  readonly saidAt: Date;
}

/** So often it is said again. */
const SAY_EVERY_MS = DAY_MS;
/** So long a word counts beside newer ones: several of its repetitions may fail. */
const COUNTS_MS = 7 * DAY_MS;

/** @param listed - what a listing has of a cluster's folder; keys of another shape, and other clusters, are passed over */
export function saidWindowsIn(prefix: string, systemIdentifier: string, listed: Iterable<ListedObject>): SaidWindow[] {
  const said: SaidWindow[] = [];
  for (const { key, modifiedAt } of listed) {
    const parsed = parseClusterKey(prefix, key);
    if (parsed?.kind === 'window' && parsed.systemIdentifier === systemIdentifier) {
      said.push({ days: parsed.days, saidAt: modifiedAt });
    }
  }
  return said;
}

/**
 * How far back a cluster is to be recovered: the longest that was said within a week before the last word. So of several who
 * archive it nobody shortens what another one asks for, and whoever does alone has a shorter window a week later.
 *
 * The week ends with the last word, and not now: if archiving stops, what was said stands.
 *
 * @returns days of 24 h; undefined if nobody has said it, as in buckets of older versions
 */
export function windowInForce(said: readonly SaidWindow[]): number | undefined {
  const lastMs = said.reduce((last, { saidAt }) => Math.max(last, saidAt.getTime()), -Infinity);
  const counting = said.filter(({ saidAt }) => lastMs - saidAt.getTime() < COUNTS_MS);
  return counting.length === 0 ? undefined : Math.max(...counting.map(({ days }) => days));
}

/** Whether so many days are to be said again: it was long ago, or never. */
export function isToBeSaid(said: readonly SaidWindow[], days: number, now: Date): boolean {
  return !said.some((one) => one.days === days && now.getTime() - one.saidAt.getTime() < SAY_EVERY_MS);
}
