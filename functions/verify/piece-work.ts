import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { relationName } from '../../layers/backup/comparison.ts';
import { type DrillProgress, MOST_IDLE_RUNS, nextRun, smallerPieces } from '../../layers/backup/drill-progress.ts';
import { VaultError } from '../../layers/backup/errors.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import type { ArchiveLayout } from '../../layers/postgres/programs/archive-layout.ts';
import { type ArchiveTies, readTies } from '../../layers/postgres/programs/archive-ties.ts';
import { emptiedFirst } from '../../layers/postgres/programs/emptied-first.ts';
import { partOfArchive } from '../../layers/postgres/programs/part-of-archive.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import type { DrillRoom } from './scratch.ts';
import { NO_PIECES, stuck } from './why-unproved.ts';

/** What a drill in pieces works with. */
export interface PieceWork {
  readonly layout: ArchiveLayout;
  readonly ties: ArchiveTies;
  /** Ids of the rows of extensions' own tables. They come first and stay: others may need them, as those of a coordinate system. */
  readonly base: ReadonlySet<number>;
  /** The disk that a piece may need, its part of the archive included. */
  readonly roomBytes: number;
  /** As it is now. */
  progress(): DrillProgress;
  /** Writes down how far it has come. */
  save(change: (known: DrillProgress) => DrillProgress): Promise<void>;
  /** Goes on with smaller pieces, as the disk was full; whether that is possible. */
  shrink(): Promise<boolean>;
  /** Adds to how long restoring took; written down with the next piece. */
  took(ms: number): void;
  /** An archive with only these entries' data: a file, if there may be one, or the bytes. It takes the place of the one before. */
  archiveOf(
    ids: ReadonlySet<number>,
    signal: AbortSignal,
  ): Promise<{ file: string } | { bytes: AsyncIterable<Buffer> }>;
  /**
   * Brings the next archive while nobody needs the one before, if it is a file and has room where that was. Never throws:
   * where it fails, `archiveOf` tries again.
   */
  fetchAhead(ids: ReadonlySet<number>, signal: AbortSignal): Promise<void>;
}

/** How the next run can go on with a drill. */
export interface GoesOn {
  readonly layout: ArchiveLayout;
  /** Where that is written down. */
  readonly key: string;
  /** As it is, or as it begins with pieces of that size. */
  readonly progress: (pieceBytes: number) => DrillProgress;
}

/**
 * One more run goes on with a drill in pieces, which is written down before anything is tried.
 *
 * @param room - for pieces; undefined if the database is restored whole
 * @returns undefined for a whole one; or a sentence that says why it cannot be done in pieces
 */
export async function openPieces(
  vault: Vault,
  manifest: Manifest,
  { room, goesOn }: { readonly room: DrillRoom['pieces']; readonly goesOn: GoesOn | undefined },
): Promise<PieceWork | string | undefined> {
  if (room === undefined) return undefined;
  if (goesOn === undefined) return NO_PIECES;
  const progress = goesOn.progress(room.roomBytes);
  if (progress.idleRuns >= MOST_IDLE_RUNS) return stuck(progress);
  const work = openPieceWork(vault, manifest, { ...goesOn, ...room, progress });
  await work.save((known) => nextRun(known, room.roomBytes));
  return work;
}

/** Has the next run go on in pieces, since this one had no time for all at once. */
export async function goOn(vault: Vault, { key, progress }: GoesOn, { source }: Manifest): Promise<void> {
  await vault.put(key, print(progress(Math.ceil(source.sizeBytes / FIRST_PIECES))));
}

/** So many, if one run has not enough time for all at once. */
const FIRST_PIECES = 4;

interface PieceWorkOptions {
  readonly layout: ArchiveLayout;
  readonly roomBytes: number;
  readonly progress: DrillProgress;
  /** Where the progress is kept. */
  readonly key: string;
  /** For a piece's part of the archive; undefined where pg_restore gets it through a pipe. */
  readonly file: string | undefined;
}

function openPieceWork(vault: Vault, manifest: Manifest, options: PieceWorkOptions): PieceWork {
  const { layout, roomBytes, key, file } = options;
  const ties = readTies(layout.head.entries);
  const base = itemsOfExtensions(ties, manifest);
  // Extensions have filled their own tables.
  const filled = ties.items.flatMap(({ id }) => (base.has(id) ? [] : [id]));
  const emptying = { ...layout, head: emptiedFirst(layout.head, new Set(filled)) };
  let progress = options.progress;
  let there: { readonly of: string; readonly sizeBytes: number } | undefined;
  const partOf = (ids: ReadonlySet<number>) => {
    const blocks = layout.blocks.filter(({ id }) => ids.has(id)).map(({ id }) => id);
    const part = partOfArchive(emptying, ids);
    return { ...part, of: blocks.join(), sizeBytes: part.ranges.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
  };
  const write = async (to: string, { head, ranges, of, sizeBytes }: ReturnType<typeof partOf>, signal: AbortSignal) => {
    there = undefined;
    const bytes = bytesOf(vault, progress.archiveKey, head, ranges, signal);
    await pipeline(Readable.from(bytes), createWriteStream(to, { mode: 0o600 }), { signal });
    there = { of, sizeBytes };
  };
  const save = async (change: (known: DrillProgress) => DrillProgress) => {
    progress = change(progress);
    // Whatever the signal says: it is what the next run goes on from.
    await vault.put(key, print(progress));
  };
  return {
    layout,
    ...{ ties, base },
    roomBytes,
    progress: () => progress,
    save,
    async shrink() {
      const smaller = smallerPieces(progress);
      if (smaller !== undefined) await save(() => smaller);
      return smaller !== undefined;
    },
    took(ms) {
      progress = { ...progress, restoreMs: progress.restoreMs + ms };
    },
    async archiveOf(ids, signal) {
      const part = partOf(ids);
      if (file === undefined) return { bytes: bytesOf(vault, progress.archiveKey, part.head, part.ranges, signal) };
      if (there?.of !== part.of) await write(file, part, signal);
      return { file };
    },
    async fetchAhead(ids, signal) {
      const part = partOf(ids);
      if (file === undefined || there === undefined || part.sizeBytes > there.sizeBytes) return;
      await write(file, part, signal).catch(() => {});
    },
  };
}

function itemsOfExtensions({ items }: ArchiveTies, { tables }: Manifest): Set<number> {
  const names = new Set(tables.filter(({ extension }) => extension !== undefined).map(relationName));
  return new Set(items.filter(({ table }) => table && names.has(relationName(table))).map(({ id }) => id));
}

async function* bytesOf(
  vault: Vault,
  key: string,
  head: Buffer,
  ranges: ReturnType<typeof partOfArchive>['ranges'],
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  yield head;
  for (const range of ranges) {
    const bytes = await vault.getBytes(key, signal, range);
    if (bytes === undefined) throw goneError(key);
    yield* bytes;
  }
}

function print(progress: DrillProgress): string {
  return `${JSON.stringify(progress)}\n`;
}

/** For an archive that was there when it was read. */
export function goneError(key: string): VaultError {
  return new VaultError({ operation: 'read', subject: key, problem: 'it was there a moment ago and is gone now' });
}
