import * as z from 'zod';
import { readDocument } from './document.ts';

const count = z.int().nonnegative();

const databaseReportSchema = z.object({
  database: z.string(),
  /** Backups that the policy keeps. */
  kept: count,
  /** Backups retired by this run. */
  retired: count,
  /** Backups retired earlier that wait for the end of their grace, or for the lifecycle to remove them. */
  waiting: count,
  /** Backups given up by this run: tagged for the lifecycle, or deleted. */
  removed: count,
  /** Retirements undone by this run. */
  undone: count,
  /** Backups that could not be judged, because something of theirs could not be read. They are left alone. */
  unreadable: count,
  /** Backups tagged so long ago that the bucket's lifecycle should have removed them. */
  overdue: count,
  /** This run's share of the backups that were not retired before it: 0 to 1. */
  retiredShare: z.number().min(0).max(1),
  /** Whether that is more than half of two or more: perhaps meant, perhaps a wrong RETENTION_DAYS. */
  massRetirement: z.boolean(),
  /** Whether nothing was let go, because the newest backup holds next to nothing of what was there. */
  held: z.boolean().optional(),
  /** What the sweep cleared. */
  swept: z.object({ archives: count, globals: count, leftovers: count, failures: count, uploads: count }),
});

const deletionsSchema = z.object({
  /** None for what belongs to no database. */
  database: z.string().optional(),
  /** Backups that the policy let go. */
  policy: count,
  /** Archives and globals without a manifest. */
  orphan: count,
  unfinishedUpload: count,
  /** Documents whose backup is gone. */
  leftover: count,
  failureRecord: count,
});

const totalsSchema = z.object({
  deletions: z.array(deletionsSchema),
  /** Keys that the last run's sweep tagged: they are counted, and may be there still when the next run looks. */
  tagged: z.array(z.string()),
});

export const retentionReportSchema = z.object({
  format: z.literal('pgvouch/retention'),
  formatVersion: z.literal(1),
  finishedAt: z.iso.datetime(),
  dryRun: z.boolean(),
  /** One for every database that the vault holds anything of. */
  databases: z.array(databaseReportSchema),
  /** Old failure records that belonged to no database. */
  sweptFailures: count,
  /** What went wrong, one sentence each; the run went on with the rest. */
  problems: z.array(z.string()),
  /** What all runs together gave up, tagged or deleted, since a report was last lost. Older reports have none. */
  totals: totalsSchema.optional(),
});

/** `retention.json`: what retention's last run did. The exporter shows it; nothing else depends on it. */
export type RetentionReport = z.infer<typeof retentionReportSchema>;
export type DatabaseReport = z.infer<typeof databaseReportSchema>;

export type Totals = z.infer<typeof totalsSchema>;
export type Deletions = z.infer<typeof deletionsSchema>;

/** @throws {@link VaultError} if the text is not a report, ConfigError if a newer version wrote it */
export function parseRetentionReport(text: string, key: string): RetentionReport {
  return readDocument(retentionReportSchema, text, key);
}
