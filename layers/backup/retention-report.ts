import * as z from 'zod';
import { readDocument } from './document.ts';

const count = z.int().nonnegative();

/** What became of a database's backups, or a cluster's base backups. */
const policyCountsSchema = z.object({
  /** What the policy keeps. */
  kept: count,
  /** Retired by this run. */
  retired: count,
  /** Retired earlier, and waiting for the end of the grace, or for the lifecycle to remove it. */
  waiting: count,
  /** Given up by this run: tagged for the lifecycle, or deleted. */
  removed: count,
  /** Retirements undone by this run. */
  undone: count,
  /** Tagged so long ago that the bucket's lifecycle should have removed it. */
  overdue: count,
  /** This run's share of what was not retired before it: 0 to 1. */
  retiredShare: z.number().min(0).max(1),
  /** Whether that is more than half of two or more: perhaps meant, perhaps a wrong RETENTION_DAYS. */
  massRetirement: z.boolean(),
});

const databaseReportSchema = policyCountsSchema.extend({
  database: z.string(),
  /** Backups that could not be judged, because something of theirs could not be read. They are left alone. */
  unreadable: count,
  /** Whether nothing was let go, because the newest backup holds next to nothing of what was there. */
  held: z.boolean().optional(),
  /** What the sweep cleared. */
  swept: z.object({ archives: count, globals: count, leftovers: count, failures: count, uploads: count }),
});

const clusterReportSchema = policyCountsSchema.extend({
  systemIdentifier: z.string(),
  serverName: z.string().optional(),
  /** Objects of WAL given up by this run; with tags, also those that the lifecycle has not removed since the last. */
  removedWal: count,
  /** What the sweep cleared: files of base backups that were not finished, and what is left of those that are gone. */
  swept: z.object({ files: count, leftovers: count, uploads: count }),
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
  /** One for every cluster whose WAL the vault holds, with what became of its base backups. Older reports have none. */
  clusters: z.array(clusterReportSchema).optional(),
  /** Old failure records that belonged to no database. */
  sweptFailures: count,
  /** Globals that several databases shared, of whose firing no backup is left. Older reports do not tell. */
  sweptGlobals: count.optional(),
  /** What went wrong, one sentence each; the run went on with the rest. */
  problems: z.array(z.string()),
  /** What all runs together gave up, tagged or deleted, since a report was last lost. Older reports have none. */
  totals: totalsSchema.optional(),
});

/** `retention.json`: what retention's last run did. The exporter shows it; nothing else depends on it. */
export type RetentionReport = z.infer<typeof retentionReportSchema>;
export type PolicyCounts = z.infer<typeof policyCountsSchema>;
export type DatabaseReport = z.infer<typeof databaseReportSchema>;
export type ClusterReport = z.infer<typeof clusterReportSchema>;

export type Totals = z.infer<typeof totalsSchema>;
export type Deletions = z.infer<typeof deletionsSchema>;

/** @throws {@link VaultError} if the text is not a report, ConfigError if a newer version wrote it */
export function parseRetentionReport(text: string, key: string): RetentionReport {
  return readDocument(retentionReportSchema, text, key);
}
