import * as z from 'zod';
import { readDocument } from './document.ts';
import type { Manifest } from './manifest.ts';

const count = z.int().nonnegative();

export const drillProgressSchema = z.object({
  format: z.literal('pgvouch/drill'),
  formatVersion: z.literal(1),
  /** The archive that it is a drill of. */
  archiveKey: z.string(),
  /** What reading every byte of it found: it is not read whole again. */
  reading: z.object({ sizeBytes: count, sha256: z.string() }),
  /** The pg_restore that read it. */
  client: z.string(),
  startedAt: z.iso.datetime(),
  /** Runs of verify that have worked on it. */
  runs: count,
  /** Those since the last one that finished a piece. */
  idleRuns: count,
  /** Whether the last run ended since the disk was full; else it had no more time. */
  full: z.boolean().optional(),
  /** How much of the database, with its indexes, a piece may bring back. */
  pieceBytes: count,
  /** How long restoring took, so far. */
  restoreMs: count,
  /** What stands before the data in the archive. */
  headBytes: count,
  /** Where the data lie in the archive: the entry's number, the place, and the length. */
  blocks: z.array(z.tuple([count, count, count])),
  /** The pieces that are left: numbers of the archive's entries of data. Undefined until they are planned. */
  plan: z.array(z.array(count)).optional(),
  /** How many pieces were proved. */
  done: count,
  /** What came back of the tables: name, rows, and fingerprint. */
  tables: z.array(z.tuple([z.string(), count, z.string().nullable()])),
  /** Numbers of the entries of foreign keys that were checked and materialized views that were filled. */
  checked: z.array(count),
  /** What the scratch servers lacked, a sentence each. */
  lacking: z.array(z.string()),
});

/**
 * `drill.json`: how far a drill has come that one run of verify cannot finish, or that restores a database in pieces. It
 * goes on from there in the next run. It counts while no verdict is newer, and only for the archive that it names.
 */
export type DrillProgress = z.infer<typeof drillProgressSchema>;

/** @throws {@link VaultError} if the text is not such a document, ConfigError if a newer version wrote it */
export function parseDrillProgress(text: string, key: string): DrillProgress {
  return readDocument(drillProgressSchema, text, key);
}

/** How far a drill has come, for people. */
export interface DrillStand {
  readonly archiveKey: string;
  /** How many pieces came back equal. */
  readonly proved: number;
  /** How many there are in all; undefined until they are planned. */
  readonly pieces: number | undefined;
  readonly runs: number;
  readonly startedAt: Date;
}

/** @throws as {@link parseDrillProgress} does */
export function parseDrillStand(text: string, key: string): DrillStand {
  const { archiveKey, done, plan, runs, startedAt } = parseDrillProgress(text, key);
  const pieces = plan && done + plan.length;
  return { archiveKey, proved: done, pieces, runs, startedAt: new Date(startedAt) };
}

/** So many runs in a row may finish no piece: each of them has tried a smaller one. */
export const MOST_IDLE_RUNS = 3;

/** Free disk is never quite the same. */
const NEARLY = 0.95;

/** A drill that begins. Pure. */
export function beginProgress(
  manifest: Pick<Manifest, 'archive'>,
  found: Pick<DrillProgress, 'reading' | 'client' | 'pieceBytes' | 'headBytes' | 'blocks'>,
  now: Date,
): DrillProgress {
  return {
    format: 'pgvouch/drill',
    formatVersion: 1,
    archiveKey: manifest.archive.key,
    ...found,
    startedAt: now.toISOString(),
    ...{ runs: 0, idleRuns: 0, restoreMs: 0, done: 0, tables: [], checked: [], lacking: [] },
  };
}

/**
 * One more run of verify goes on with a drill. Pure. It is written down before anything is tried: a run that is killed
 * counts, too. If the run before has finished no piece, pieces become half as large.
 *
 * @param roomBytes - how large a piece may be on this machine
 */
export function nextRun(progress: DrillProgress, roomBytes: number): DrillProgress {
  const smaller = progress.idleRuns > 0 ? Math.floor(progress.pieceBytes / 2) : progress.pieceBytes;
  const pieceBytes = roomBytes >= NEARLY * smaller ? smaller : roomBytes;
  const { plan, full: _, ...rest } = progress;
  const next = { ...rest, pieceBytes, runs: progress.runs + 1, idleRuns: progress.idleRuns + 1 };
  return plan && pieceBytes >= progress.pieceBytes ? { ...next, plan } : next;
}

/**
 * The disk was full, although the piece should fit: pieces become half as large, and are planned anew. Pure.
 *
 * @returns undefined if that does not help: the piece is a single table, or so many sizes were tried in a row
 */
export function smallerPieces(progress: DrillProgress): DrillProgress | undefined {
  const { plan, ...rest } = progress;
  const [failed = []] = plan ?? [];
  if (failed.length < 2 || progress.idleRuns >= MOST_IDLE_RUNS) return undefined;
  return { ...rest, pieceBytes: Math.floor(progress.pieceBytes / 2), idleRuns: progress.idleRuns + 1 };
}
