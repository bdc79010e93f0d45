import { libcLocales } from '../backup/collations.ts';
import type { Manifest } from '../backup/manifest.ts';
import { freeBytes } from '../postgres/places/free-space.ts';
import { readInstallation } from '../postgres/places/installation.ts';
import { type ChosenServer, chooseServer } from '../scratch/choose-server.ts';
import type { ScratchPlace } from '../scratch/config.ts';
import type { StoredBase } from '../wal/stored-base.ts';
import { bytes } from '../words/sizes.ts';

/** Beside the cluster's files: segments that lie ready, those that PostgreSQL keeps, its temporary files. */
const EXTRA_BYTES = 500_000_000;

/**
 * Disk that a recovery needs, in bytes. WAL changes more than it adds: of what it adds at most as much is reckoned with as
 * there is, and as the cluster has itself. Pure.
 *
 * @param segments - how many are replayed
 */
export function neededBytes(chain: readonly StoredBase[], segments: number, segmentSizeBytes: number): number {
  const files = chain.reduce((sum, { base }) => sum + base.contentBytes, 0);
  // Increments are put together beside where they lie.
  const together = chain.length > 1 ? (chain[0]?.base.contentBytes ?? 0) : 0;
  return files + together + Math.min(segments * segmentSizeBytes, files) + EXTRA_BYTES;
}

/** @returns what is short, such as `it needs about 900 MB of disk in /tmp, but only 100 MB is free`; undefined if nothing is */
export function shortOfRoom({ folder, maxBytes = Number.POSITIVE_INFINITY }: ScratchPlace, needed: number) {
  const free = Math.min(freeBytes(folder), maxBytes);
  if (needed <= free) return undefined;
  return `it needs about ${bytes(needed)} of disk in ${folder}, but only ${bytes(free)} is free`;
}

/**
 * Chooses a server of the cluster's own major, with as much as there is of the extensions and locales that its databases
 * are known to need.
 *
 * @param manifests - of dumps of the same cluster
 * @returns undefined if there is none of that major
 */
export function chooseOwnMajor(
  { installations, debian }: ScratchPlace,
  major: number,
  manifests: readonly Manifest[],
  signal: AbortSignal,
): Promise<ChosenServer | undefined> {
  const sources = manifests.map(({ source }) => source);
  const locales = [...new Set(sources.flatMap(libcLocales))].filter((name) => !/^C(\.UTF-?8)?$/i.test(name));
  // Whether the server compresses its WAL, nobody knows before it is replayed.
  const lz4 = true;
  const needs = { major, extensions: extensionsOf(manifests), locales, lz4, exact: true };
  return chooseServer(installations, debian, needs, signal);
}

/** Whether a server of the cluster's own major is at hand, or can be made. */
export function hasOwnMajor({ installations, debian }: ScratchPlace, major: number): boolean {
  return debian !== undefined || installations.some((folder) => readInstallation(folder)?.major === major);
}

/** PostgreSQL starts without the libraries of extensions: only what uses them fails. Pure. @returns a sentence, or none */
export function lackingWords(
  manifests: readonly Manifest[],
  { extensions }: Pick<ChosenServer, 'extensions'>,
): string[] {
  const lacking = extensionsOf(manifests).filter((name) => name !== 'plpgsql' && !extensions.has(name));
  return lacking.length === 0 ? [] : [`The scratch server lacks the libraries of ${lacking.sort().join(', ')}.`];
}

function extensionsOf(manifests: readonly Manifest[]): string[] {
  return [...new Set(manifests.flatMap(({ source }) => source.extensions.map(({ name }) => name)))];
}
