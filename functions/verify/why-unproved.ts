import type { DrillProgress } from '../../layers/backup/drill-progress.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { bytes } from '../../layers/words/sizes.ts';

/*
 * Why a backup stays `readable`, a sentence each. `layers/backup/unproved.ts` recognises them in verdicts, and gives advice
 * by them.
 */

export function noServer(major: number): string {
  return `No restore was tried: this machine has no scratch server of PostgreSQL ${major} or newer.`;
}

interface Room {
  readonly folder: string;
  readonly wholeBytes: number;
  readonly piecesBytes: number;
  readonly freeBytes: number;
}

export function noRoom({ folder, wholeBytes, piecesBytes, freeBytes }: Room): string {
  return `No restore was tried: it needs about ${bytes(wholeBytes)} of disk in ${folder}, or more than ${bytes(piecesBytes)} for one in pieces, but only ${bytes(freeBytes)} is free.`;
}

/** @param names - of the tables that must stand together */
export function whyTooLarge(names: readonly string[], needsBytes: number, roomBytes: number): string {
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  return `No restore was tried: ${names.slice(0, MOST_NAMES).join(', ')}${more} alone would need about ${bytes(needsBytes)} of disk, but only ${bytes(roomBytes)} is free for it.`;
}

const MOST_NAMES = 3;

/** The archive has names in the database's encoding, which is read as UTF-8. */
export function unknownNames([first = '']: readonly string[], { source }: Pick<Manifest, 'source'>): string {
  return `No restore was tried: in pieces it needs to know every table by its name, and ${first} is in the encoding ${source.encoding}.`;
}

export const NO_PIECES =
  'No restore was tried: there is disk only for one in pieces, and this kind of archive cannot be parted.';

/** Runs that finished no piece. */
export function stuck({ done, idleRuns, full }: Pick<DrillProgress, 'done' | 'idleRuns' | 'full'>): string {
  const before = done === 0 ? '' : ` after ${done} ${done === 1 ? 'piece' : 'pieces'} came back equal`;
  if (full) return `The disk was full ${idleRuns} times in a row${before}, although pieces became smaller.`;
  return `The function ran out of time ${idleRuns} times in a row${before}: a single piece takes longer than it has.`;
}

export function doubt(why: string): string {
  return `${why} It was restored in pieces, and functions of the database may have missed rows of other pieces: restored whole, it may succeed.`;
}

/** pg_restore failed for something that the scratch server lacks. */
export function notPossible(what: string): string {
  return `Not possible on the scratch server: ${what}.`;
}
