import * as z from 'zod';
import { readDocument } from '../backup/document.ts';
import { DAY_MS } from '../backup/instant.ts';
import { systemIdentifierSchema } from './cluster.ts';
import type { StoredBase } from './stored-base.ts';

export const outOfTimeSchema = z.object({
  format: z.literal('pgvouch/drill-out-of-time'),
  formatVersion: z.literal(1),
  systemIdentifier: systemIdentifierSchema,
  /** The base backup's name. */
  startedAt: z.iso.datetime(),
  /** When the time was up. */
  at: z.iso.datetime(),
  /** Whether the cluster was to be recovered, or every byte only read. */
  tried: z.enum(['recovery', 'reading']),
  /** The time that it had. */
  tookMs: z.int().positive(),
  /** What it had to do: the files before compression, and the WAL. */
  workBytes: z.int().positive(),
});

/** `drill.json` beside `cluster.json`: the last recovery drill that ran out of time, format version 1. */
export type OutOfTime = z.infer<typeof outOfTimeSchema>;

/** @throws {@link VaultError} if the text is not such a document, ConfigError if a newer version wrote it */
export function parseOutOfTime(text: string, key: string): OutOfTime {
  return readDocument(outOfTimeSchema, text, key);
}

/** What a drill has to do, in bytes: the files of all base backups of the chain before compression, and the WAL. */
export function drillBytes(chain: readonly StoredBase[], segments: number, segmentSizeBytes: number): number {
  return chain.reduce((sum, { base }) => sum + base.contentBytes, segments * segmentSizeBytes);
}

/** Memory, and with it CPU, may be more by then. */
const TRIED_AGAIN_AFTER_MS = 7 * DAY_MS;

/** A run has looked into the bucket before its drill begins. */
const NEARLY_ALL = 0.9;

/**
 * Whether a drill cannot end within a run, by the last one that ran out of time: it needs at least as long for each byte.
 * After a week it is tried again. Pure.
 *
 * @param limitMs - the time of a whole run
 */
export function takesTooLong(
  { at, tookMs, workBytes }: Pick<OutOfTime, 'at' | 'tookMs' | 'workBytes'>,
  drill: { readonly workBytes: number; readonly limitMs: number },
  now: Date,
): boolean {
  if (now.getTime() - Date.parse(at) >= TRIED_AGAIN_AFTER_MS) return false;
  return (tookMs * drill.workBytes) / workBytes >= NEARLY_ALL * drill.limitMs;
}
