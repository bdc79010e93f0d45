import { libcLocales } from '../../layers/backup/collations.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { freeBytes } from '../../layers/postgres/places/free-space.ts';
import { type ChosenServer, chooseServer } from '../../layers/scratch/choose-server.ts';
import type { ScratchPlace } from '../../layers/scratch/config.ts';
import type { StoredBase } from '../../layers/wal/stored-base.ts';
import type { Way } from './way.ts';

/** Beside the cluster's files: segments that lie ready, those that PostgreSQL keeps, its temporary files. */
const EXTRA_BYTES = 500_000_000;

/**
 * Disk that a recovery needs, in bytes. WAL changes more than it adds: of what it adds at most as much is reckoned with as
 * there is, and as the cluster has itself. Pure.
 */
export function neededBytes(chain: readonly StoredBase[], { stretch }: Way, segmentSizeBytes: number): number {
  const files = chain.reduce((sum, { base }) => sum + base.contentBytes, 0);
  // Increments are put together beside where they lie.
  const together = chain.length > 1 ? (chain[0]?.base.contentBytes ?? 0) : 0;
  const wal = stretch.objects.length * segmentSizeBytes;
  return files + together + Math.min(wal, files) + EXTRA_BYTES;
}

/** @returns why the cluster does not fit, a sentence; undefined if it does */
export function whyNoRoom({ folder, maxBytes = Number.POSITIVE_INFINITY }: ScratchPlace, needed: number) {
  const free = Math.min(freeBytes(folder), maxBytes);
  if (needed <= free) return undefined;
  const mb = (bytes: number) => `${Math.ceil(bytes / 1_000_000)} MB`;
  return `No recovery was tried: it needs about ${mb(needed)} of disk in ${folder}, but only ${mb(free)} is free.`;
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
  const extensions = [...new Set(sources.flatMap((source) => source.extensions.map(({ name }) => name)))];
  const locales = [...new Set(sources.flatMap(libcLocales))].filter((name) => !/^C(\.UTF-?8)?$/i.test(name));
  // Whether the server compresses its WAL, nobody knows before it is replayed.
  const lz4 = true;
  return chooseServer(installations, debian, { major, extensions, locales, lz4, exact: true }, signal);
}
