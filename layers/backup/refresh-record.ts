import * as z from 'zod';
import { readDocument } from './document.ts';

const count = z.int().nonnegative();

const backupSchema = z.object({
  firedAt: z.iso.datetime(),
  /** The time of its data. */
  snapshotAt: z.iso.datetime(),
});

const doneSchema = z.object({
  backup: backupSchema,
  startedAt: z.iso.datetime(),
  /** When the new database took the name. */
  switchedAt: z.iso.datetime(),
  durationMs: count,
  /** Of pg_restore, and the download where it came first. */
  restoreMs: count,
  /** How much of the restored database was compared with the manifest, and found equal. */
  compared: z.object({
    ...{ tables: count, rows: count, sequences: count, objects: count, largeObjects: count, fingerprints: count },
  }),
  /** SHA-256 of the file of SQL that masked it; null if it was not masked. */
  maskedBy: z.string().nullable(),
  /** The database's, by which it is known whether somebody has put another in its place since. */
  oid: z.int().positive(),
  /** What became of the one before: its name now; null if there is none. */
  previous: z.string().nullable(),
  /** What the restore did without, and what was not kept of the one before, a sentence each. */
  remarks: z.array(z.string()),
});

export const refreshSchema = z.object({
  format: z.literal('pgvouch/refresh'),
  formatVersion: z.literal(1),
  refresh: z.string(),
  /** The database whose backups are used. */
  from: z.string(),
  /** The one that is replaced. `server` is host and port. */
  to: z.object({ server: z.string(), database: z.string() }),
  /** One that goes on, or that was broken off without a word. */
  underWay: z
    .object({ backup: backupSchema, startedAt: z.iso.datetime(), /** What is being made. */ database: z.string() })
    .optional(),
  /** The last one that ended. `unchanged`: the newest proved backup is there already. */
  last: z
    .object({
      at: z.iso.datetime(),
      outcome: z.enum(['refreshed', 'unchanged', 'failed']),
      problem: z.string().optional(),
      hint: z.string().optional(),
    })
    .optional(),
  /** When one last ended well. */
  succeededAt: z.iso.datetime().optional(),
  /** What is there now: the last one that was switched to. */
  current: doneSchema.optional(),
});

/** `refresh-<name>.json`: how the refreshes of a database elsewhere went. See docs/format.md. */
export type RefreshRecord = z.infer<typeof refreshSchema>;
export type RefreshDone = z.infer<typeof doneSchema>;

/** @throws {@link VaultError} if the text is not such a record, ConfigError if a newer version wrote it */
export function parseRefreshRecord(text: string, key: string): RefreshRecord {
  return readDocument(refreshSchema, text, key);
}
