import type { Entry } from '../../../layers/backup/catalog.ts';
import type { DrillStand } from '../../../layers/backup/drill-progress.ts';
import type { FailureRecord } from '../../../layers/backup/failure.ts';
import type { FoundDatabases } from '../../../layers/backup/found-databases.ts';
import type { Manifest } from '../../../layers/backup/manifest.ts';
import type { RetentionReport } from '../../../layers/backup/retention-report.ts';
import type { Retired } from '../../../layers/backup/retired.ts';
import type { Verdict, VerdictName } from '../../../layers/backup/verdict.ts';
import type { Listed } from '../../../layers/catalog/listing/folders.ts';
import { verdictNow } from '../../../layers/catalog/standing.ts';
import type { Schedule } from '../../../layers/schedule/expression.ts';
import type { Cluster } from '../../../layers/wal/cluster.ts';
import type { ClusterStanding } from '../../../layers/wal/standing.ts';
import type { StoredBase } from '../../../layers/wal/stored-base.ts';
import type { WalStatus } from '../../../layers/wal/wal-status.ts';
import type { ClusterDue } from './cluster-due.ts';
import type { RefreshState } from './refresh-states.ts';

/** What one look at the vault has found. Null is what is not there, undefined what is unknown. */
export interface Observation {
  /** Of several servers, the one whose backups these are. */
  readonly server?: string | undefined;
  readonly observedAt: Date;
  /** Whether the vault was listed, and every manifest that was asked for answered, in time. */
  readonly vaultUp: boolean;
  /** How long the store took to answer a request, the median of this look; undefined if it answered none. */
  readonly latencyMs: number | undefined;
  /** How many requests this look sent to the store. */
  readonly requests: number;
  readonly durationMs: number;
  /** Whether the bucket's lifecycle removes what retention tags below our prefix. */
  readonly lifecycleSupported: boolean | undefined;
  readonly retention: RetentionReport | null | undefined;
  /** Of whichever database is dumped first. Undefined where no schedule is known, or one (`rate`) that does not tell. */
  readonly nextDumpAt: Date | undefined;
  /** When dump was due last, where `nextDumpAt` is known. */
  readonly previousDumpAt: Date | undefined;
  /** Whether databases are found on the server; they are not by default. */
  readonly finds?: boolean;
  /** Those that it had when find last asked it; null if it never did. */
  readonly found?: FoundDatabases | null | undefined;
  /** The configured ones in their order, then those that only the bucket knows, by name. */
  readonly databases: readonly DatabaseState[];
  /** What belongs to no database; undefined if it could not be listed. */
  readonly strays: Listed | undefined;
  /** Whether WAL is to be archived. */
  readonly pitr: boolean;
  /** Those whose WAL is in the bucket, by their servers' names; undefined if they could not be listed. */
  readonly clusters: readonly ClusterState[] | undefined;
  /** As configured; none by default. */
  readonly refreshes?: readonly RefreshState[];
}

/** One cluster, as far as the bucket tells. */
export interface ClusterState extends ClusterDue {
  readonly cluster: Cluster;
  /** Of its server, for people. */
  readonly server: string;
  /** Whether its WAL is to be archived: not once the server has another cluster, as after an upgrade, or `PITR` is off. */
  readonly configured: boolean;
  /** Oldest first. */
  readonly bases: readonly StoredBase[];
  readonly standing: ClusterStanding;
  /** Null if there is none, undefined if it could not be read. */
  readonly status: WalStatus | null | undefined;
}

/** Of a milestone null says that there is no such backup; one whose manifest cannot be read is undefined. */
export interface DatabaseState {
  readonly database: string;
  /** Whether it is to be backed up, by its name or because it was found; false if only the bucket knows it. */
  readonly configured: boolean;
  /** Since when find has found it; not there for one that is named and was never looked for. */
  readonly foundSince?: Date;
  /** Since when the server has it no more. */
  readonly goneSince?: Date;
  /** When it is dumped, if that is known. */
  readonly due?: DumpDue;
  /** Undefined if it could not be listed; empty for a database that was never backed up. */
  readonly listed: Listed | undefined;
  /** The newest backup, whatever its verdict. */
  readonly newest: Milestone | null | undefined;
  /** The newest `restorable` or `readable` one. */
  readonly newestGood: Milestone | null | undefined;
  readonly newestRestorable: Milestone | null | undefined;
  /** How far back one can go; retired ones do not count. */
  readonly oldestRestorable: Milestone | null | undefined;
  /** The verdict of the newest backup that has one. */
  readonly newestVerdict: Verdict | null | undefined;
  /** The verdict of `newestRestorable`: its drill tells how long a restore takes. */
  readonly restorableVerdict: Verdict | null | undefined;
  /** Keys of manifests that were read and not understood. Another backup stands in for each. */
  readonly unreadableManifests: readonly string[];
  /** How many backups are dated in the future, as far as their names and the manifests that were read tell. */
  readonly futureBackups: number;
}

/** When the schedule of a database has it dumped. */
export interface DumpDue {
  readonly schedule: Schedule;
  /** The last firing; undefined for a rate, whose phase is unknown. */
  readonly previousAt: Date | undefined;
  /** The next one, the same. */
  readonly nextAt: Date | undefined;
  /** The first firing that the newest backup is not of; undefined if there is none, or that is unknown. */
  readonly unansweredAt: Date | undefined;
}

/** A backup that says how its database stands. */
export interface Milestone {
  readonly entry: Entry;
  readonly manifest: ManifestFacts;
}

/** What is shown of a manifest: its tables may be thousands. Instants as the manifest has them, in ISO 8601. */
export interface ManifestFacts {
  /** The UUID of its own archive and globals. */
  readonly attempt: string;
  /** The instant that the data shows. */
  readonly snapshotAt: string;
  readonly finishedAt: string;
  readonly durationMs: number;
  readonly archiveSizeBytes: number;
  readonly databaseSizeBytes: number;
  readonly serverVersion: string;
  /** Of the pg_dump that took it; notes of older versions do not have it. */
  readonly clientVersion?: string | undefined;
  /** When that pg_dump was built, where its layer states it. */
  readonly clientBuiltAt?: string | undefined;
  /** Not there where the manifest is sealed. */
  readonly tables?: number | undefined;
  readonly rows?: number | undefined;
  /** How much of its time the dump used; manifests of older versions do not tell. */
  readonly timeUsedRatio?: number | undefined;
  /** What it lacks, and what pg_dump warned of, each a sentence. */
  readonly remarks?: string[] | undefined;
  /** What the database held before next to nothing was left of it; there if so. */
  readonly fall?: Manifest['fall'];
  /** What was left out, in words; there if something was. */
  readonly leftOut?: string | undefined;
}

/** The words of documents, for people: more than metrics need. What could not be read is left out. */
export interface Details {
  /** By database. */
  readonly databases: ReadonlyMap<string, DatabaseDetails>;
  /** Of no database, newest first. */
  readonly failures: readonly FailureRecord[];
}

/** Of one database, so much of each as `MOST_READ` says. */
export interface DatabaseDetails {
  /** Of the newest backups that are not `restorable`, and of the newest that is; by the key of the verdict's object. */
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** How far drills have come that are under way; by the key of `drill.json`. */
  readonly drills: ReadonlyMap<string, DrillStand>;
  /** Of retired backups, newest first; by the key of `retired.json`. */
  readonly marks: ReadonlyMap<string, Retired>;
  /** Newest first. */
  readonly failures: readonly FailureRecord[];
}

/** How much is read of one database at most: a page shows what is recent, `pgvouch list` shows all. */
export const MOST_READ = { verdicts: 30, drills: 5, marks: 30, failures: 10 } as const;

/**
 * The verdict as the listing alone tells it. Where a lost attempt left an archive too, only the manifest knows which is
 * meant, and milestones look there.
 */
export function verdictOf({ verdict, archives }: Entry): VerdictName | undefined {
  return verdictNow(verdict, archives.length > 0);
}

/** Whether retention let it go. A pin is stronger than any mark. */
export function isRetired(entry: Entry): boolean {
  return entry.retired !== undefined && entry.kept === undefined;
}

/** What the newest backup lacks of what its database held, if next to nothing is left and nobody has accepted that. */
export function fallOf(newest: Milestone | null | undefined): Manifest['fall'] {
  return newest?.entry.accepted === undefined ? newest?.manifest.fall : undefined;
}
