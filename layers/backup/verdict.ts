import * as z from 'zod';
import { readDocument } from './document.ts';

/**
 * What verify found, worst last.
 *
 * `restorable`: restored and compared equal. `readable`: every byte read and decoded, a restore not tried or not
 * possible. `intact`: sealed, and every byte is the one that was stored; what they hold, nobody has seen.
 * `unrestorable`: bytes fine, the restore failed or compared unequal. `corrupt`: bytes missing, wrong or undecodable.
 */
export const VERDICTS = ['restorable', 'readable', 'intact', 'unrestorable', 'corrupt'] as const;
export type VerdictName = (typeof VERDICTS)[number];

/** Whether a backup with this verdict can be counted on at all. */
export function isGood(verdict: VerdictName): boolean {
  return verdict === 'restorable' || verdict === 'readable';
}

/** Whether something is wrong with such a backup. One that is `intact` is neither good nor bad. */
export function isBad(verdict: VerdictName): boolean {
  return verdict === 'unrestorable' || verdict === 'corrupt';
}

/**
 * Whether a verdict says less than one that was found before, and nothing against the backup. Whoever has no identity, and so
 * finds no more than `intact`, knows less than any other, who may have seen that it is bad.
 */
export function isWeaker(found: VerdictName, known: VerdictName): boolean {
  if (found === 'intact') return known !== 'intact';
  return isGood(known) && !isBad(found) && VERDICTS.indexOf(found) > VERDICTS.indexOf(known);
}

const drillSchema = z.object({
  serverVersion: z.string(),
  client: z.string(),
  /** Parallel jobs of pg_restore. */
  jobs: z.int().positive(),
  /** How long the restore took: the recovery time to expect of a like machine. */
  restoreMs: z.int().nonnegative(),
  /** There if not everything was restored at once. */
  pieces: z
    .object({
      count: z.int().positive(),
      /** Runs of verify that it took. */
      runs: z.int().positive(),
      /** Foreign keys whose tables were never restored together: `"public"."orders" orders_fkey`. */
      unchecked: z.array(z.string()),
    })
    .optional(),
  /** How much was compared. */
  compared: z.object({
    tables: z.int(),
    rows: z.int(),
    sequences: z.int(),
    objects: z.int(),
    largeObjects: z.int(),
    fingerprints: z.int(),
  }),
});

/** The figures of a restore drill. */
export type Drill = z.infer<typeof drillSchema>;

export const verdictSchema = z.object({
  format: z.literal('pgvouch/verdict'),
  formatVersion: z.literal(1),
  verdict: z.enum(VERDICTS),
  /** Why it is not better than it is, each reason a sentence. */
  reasons: z.array(z.string()),
  verifiedAt: z.iso.datetime(),
  durationMs: z.int().nonnegative(),
  archiveKey: z.string(),
  /** What was read, which may differ from what the manifest says. */
  sizeBytes: z.int().nonnegative(),
  sha256: z.string(),
  /** The pg_restore that read it. */
  client: z.string(),
  /** There if a restore was tried and got as far as a comparison. */
  drill: drillSchema.optional(),
  /** A later look that proved less, for reasons that say nothing against the backup: the proof before it stands. */
  again: z.object({ verifiedAt: z.iso.datetime(), verdict: z.enum(VERDICTS), reasons: z.array(z.string()) }).optional(),
});

/** One verdict as it stands in `verdict-<verdict>.json`. */
export type Verdict = z.infer<typeof verdictSchema>;

/** @throws {@link VaultError} if the text is not a verdict, ConfigError if a newer version wrote it */
export function parseVerdict(text: string, key: string): Verdict {
  return readDocument(verdictSchema, text, key);
}
