import type { DrillStand } from '../../../../layers/backup/drill-progress.ts';
import type { VerdictName } from '../../../../layers/backup/verdict.ts';
import type { ManifestFacts } from '../../observe/observation.ts';
import type { RefreshFacts } from './refresh-facts.ts';

/** All that the status page tells; everything in it is worked out already, nothing is asked any more. */
export interface StatusFacts {
  /** Of several servers, the one that this is about. */
  readonly server?: string | undefined;
  /** When the vault was looked at. */
  readonly observedAt: Date;
  /** Whether the bucket answered everything that it was asked. */
  readonly vaultUp: boolean;
  readonly schedule: ScheduleFacts;
  /** In the order of the page where nothing else matters. */
  readonly databases: readonly DatabaseFacts[];
  /** Of no database. */
  readonly strayFailures: FailureList;
  readonly retention: RetentionFacts;
  readonly storage: StorageFacts;
  /** Whether WAL is to be archived. */
  readonly pitr: boolean;
  /** By their servers' names; undefined if they could not be listed. */
  readonly clusters: readonly ClusterFacts[] | undefined;
  /** None by default. */
  readonly refreshes?: readonly RefreshFacts[];
}

/** A cluster whose WAL is in the bucket. */
export interface ClusterFacts {
  /** Its server's. */
  readonly name: string;
  readonly systemIdentifier: string;
  /** False if its WAL is not to be archived any more. */
  readonly configured: boolean;
  /** To every second of them it can be recovered, oldest first. */
  readonly windows: readonly WindowFacts[];
  /** Gaps in the WAL that no base backup was begun after. */
  readonly openGaps: number;
  /** When the newest WAL was stored; undefined if there is none. */
  readonly archivedAt: Date | undefined;
  /** The bucket is known to hold all that had been written by then; undefined if no such moment is known. */
  readonly recoveryPointAt: Date | undefined;
  /** Base backups as calendars show backups, newest first. */
  readonly bases: readonly BackupFacts[];
  /** The end of the newest that recovery can begin with. */
  readonly lastBaseAt: Date | undefined;
  /** When a drill last brought one back. */
  readonly lastProvedAt: Date | undefined;
  /** When the next of each is overdue, by its schedule; undefined if none is due. */
  readonly baseOverdueAt: Date | undefined;
  readonly drillOverdueAt: Date | undefined;
  readonly walBytes: number;
  readonly baseBytes: number;
  /** As wal left it; undefined if it left nothing. */
  readonly slot: SlotFacts | undefined;
}

export interface WindowFacts {
  readonly from: Date;
  readonly to: Date;
  /** Whether WAL is missing after it. */
  readonly endsInGap: boolean;
}

/** What the server keeps for the replication slot. */
export interface SlotFacts {
  readonly name: string;
  readonly state: 'held' | 'lost' | 'missing';
  readonly retainedBytes: number | undefined;
  /** Both undefined without a limit. */
  readonly limitBytes: number | undefined;
  readonly roomBytes: number | undefined;
}

/** What lies in the bucket below our prefix, as far as it was listed. */
export interface StorageFacts {
  readonly objectSizeBytes: number;
  /** That belong to no database. */
  readonly strayObjects: number;
}

export interface ScheduleFacts {
  /** The last firing that was due; undefined where no schedule is known, or one that does not tell. */
  readonly previousAt: Date | undefined;
  readonly nextAt: Date | undefined;
}

export interface RetentionFacts {
  /** Null if it never ran, undefined if that is unknown. */
  readonly lastRunAt: Date | null | undefined;
  /** Each a sentence. */
  readonly problems: readonly string[];
  /** False where the bucket's lifecycle would not remove what retention tags, undefined if that is unknown. */
  readonly removes: boolean | undefined;
}

export interface DatabaseFacts {
  /** Its server, if that has a name. */
  readonly server?: string | undefined;
  readonly name: string;
  /** False if only the bucket knows it. */
  readonly configured: boolean;
  /** Since when it has been found on the server; undefined if it is named, or nothing is found. */
  readonly foundSince: Date | undefined;
  /** Since when the server has it no more. */
  readonly goneSince: Date | undefined;
  /** How long its dump waits for those before it. */
  readonly waitMs: number;
  /** When it is dumped; undefined where that is not known. */
  readonly due: DueFacts | undefined;
  /** Newest first, retired ones too; undefined if they could not be listed. */
  readonly backups: readonly BackupFacts[] | undefined;
  readonly newest: NewestFacts | undefined;
  /** The instant that the oldest restorable backup shows, retired ones not counted; null if there is none, undefined if that is unknown. */
  readonly oldestRestorableAt: Date | null | undefined;
  /** How long the last trial restore of a restorable backup took. */
  readonly restoreMs: number | undefined;
  readonly failures: FailureList;
  readonly unreadableManifests: number;
  /** Whether retention's last run gave up more than half of the backups. */
  readonly massRetirement: boolean;
  /** Backups that the bucket's lifecycle should have removed. */
  readonly overdueRemovals: number;
  /** Everything in its folder, of whatever shape. */
  readonly objects: number;
}

export interface DueFacts {
  /** Undefined for a schedule that does not tell. */
  readonly nextAt: Date | undefined;
  /** The first run that should bring a backup and has not, and when that is overdue; undefined if unknown. */
  readonly unansweredAt: Date | undefined;
  readonly overdueAt: Date | undefined;
}

/** The newest backup, as its manifest has it. */
export interface NewestFacts extends ManifestFacts {
  /** The median of the archives of some backups before it; undefined if there are none. */
  readonly usualArchiveSizeBytes: number | undefined;
  /** Not there if a person accepted what is left. */
  readonly fall?: ManifestFacts['fall'];
}

/** The backups of one database, newest first. */
export interface JudgedBackups {
  readonly all: readonly BackupFacts[];
  /** Those that are not dated in the future. */
  readonly present: readonly BackupFacts[];
}

export interface BackupFacts {
  readonly firedAt: Date;
  /** The instant that its data shows, where its manifest was read; else the firing. */
  readonly showsAt: Date;
  /** When it was complete, and its proof could begin. */
  readonly storedAt: Date;
  readonly sizeBytes: number;
  readonly verdict: VerdictName | undefined;
  /** False once its archive is gone. */
  readonly complete: boolean;
  /** The verdict's, each a sentence; empty where none was read. */
  readonly reasons: readonly string[];
  /** A drill of it that the next run of verify goes on with. */
  readonly drill: DrillStand | undefined;
  /** Whether a person pinned it. */
  readonly kept: boolean;
  readonly retirement: RetirementFacts | undefined;
}

export interface RetirementFacts {
  /** Undefined where the mark was not read. */
  readonly removeAfter: Date | undefined;
  /** The policy's. */
  readonly reasons: readonly string[];
  /** Whether its objects were given to the bucket's lifecycle. */
  readonly going: boolean;
}

export interface FailureList {
  /** How many records there are. */
  readonly count: number;
  /** When the last of them was, whether it was read or not. */
  readonly lastAt: Date | undefined;
  /** Newest first, those that were read. */
  readonly newest: readonly FailureFacts[];
}

export interface FailureFacts {
  readonly at: Date;
  readonly function: string;
  readonly type: string;
  readonly problem: string;
  readonly hint: string | undefined;
  readonly attempts: number;
}
