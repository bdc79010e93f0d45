import type {
  BackupFacts,
  ClusterFacts,
  DatabaseFacts,
  DueFacts,
  FailureFacts,
  FailureList,
  StatusFacts,
} from '../../../functions/exporter/status/judge/facts.ts';
import type { RefreshFacts } from '../../../functions/exporter/status/judge/refresh-facts.ts';
import type { RefreshRecord } from '../../../layers/backup/refresh-record.ts';
import type { VerdictName } from '../../../layers/backup/verdict.ts';

/** When all pages of the tests are looked at. */
export const NOW = new Date('2026-11-23T08:12:40Z');
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export interface YearOptions {
  readonly name?: string;
  /** Days of daily backups, ending today. */
  readonly days?: number;
  readonly verdict?: (daysAgo: number) => VerdictName | undefined;
  readonly changes?: (daysAgo: number) => Partial<BackupFacts>;
  readonly sizeBytes?: number;
}

/** A database that was backed up daily at 02:00, proved by restoring, and grows a little. */
export function databaseOf(options: YearOptions = {}, changes: Partial<DatabaseFacts> = {}): DatabaseFacts {
  const { name = 'shop', days = 365, verdict = () => 'restorable', sizeBytes = 48_300_000 } = options;
  const backups = Array.from({ length: days }, (_, daysAgo) => {
    const wave = 1 + 0.06 * Math.sin(daysAgo / 9) + 0.02 * Math.sin(daysAgo * 2.3);
    const grown = sizeBytes * (1 - (0.5 * daysAgo) / 365) * wave;
    return backupOf(daysAgo, {
      verdict: verdict(daysAgo),
      sizeBytes: Math.round(grown),
      ...options.changes?.(daysAgo),
    });
  });
  const staying = backups.filter((one) => one.verdict === 'restorable' && one.retirement === undefined);
  const [newest] = backups;
  return {
    name,
    ...{ configured: true, foundSince: undefined, goneSince: undefined, waitMs: 0 },
    backups,
    newest: newest && {
      attempt: '0a7c9d3e-5b1f-4c2d-8e6a-1f2b3c4d5e6f',
      snapshotAt: newest.showsAt.toISOString(),
      finishedAt: newest.storedAt.toISOString(),
      databaseSizeBytes: newest.sizeBytes * 4,
      archiveSizeBytes: newest.sizeBytes,
      durationMs: 9_400,
      tables: 42,
      rows: 3_481_223,
      usualArchiveSizeBytes: backups[1]?.sizeBytes,
      timeUsedRatio: 0.02,
      serverVersion: '18.6',
      clientVersion: '18.6',
      clientBuiltAt: new Date(NOW.getTime() - 30 * DAY_MS).toISOString(),
    },
    oldestRestorableAt: staying.at(-1)?.showsAt ?? null,
    restoreMs: staying.length > 0 ? 31_200 : undefined,
    failures: failuresOf([]),
    unreadableManifests: 0,
    massRetirement: false,
    overdueRemovals: 0,
    objects: 2 * backups.length,
    due: dueAfter(changes.backups ?? backups, changes.newest?.durationMs ?? 9_400),
    ...changes,
  };
}

/** By a schedule of daily at 02:00. */
function dueAfter(backups: readonly BackupFacts[], durationMs: number): DueFacts {
  const nextAt = new Date('2026-11-24T02:00:00Z');
  const newest = backups.find(({ firedAt }) => firedAt.getTime() <= NOW.getTime() + HOUR_MS);
  if (newest === undefined) return { nextAt, unansweredAt: undefined, overdueAt: undefined };
  const days = Math.floor((nextAt.getTime() - newest.firedAt.getTime() - 1) / DAY_MS);
  const unansweredAt = new Date(nextAt.getTime() - days * DAY_MS);
  return { nextAt, unansweredAt, overdueAt: new Date(unansweredAt.getTime() + Math.max(HOUR_MS, 2 * durationMs)) };
}

/** One of 02:00, so many days ago. */
export function backupOf(daysAgo: number, changes: Partial<BackupFacts> = {}): BackupFacts {
  const firedAt = new Date(Date.UTC(2026, 10, 23, 2) - daysAgo * DAY_MS);
  return {
    firedAt,
    showsAt: new Date(firedAt.getTime() + 3_000),
    storedAt: new Date(firedAt.getTime() + 14_000),
    sizeBytes: 48_300_000,
    verdict: 'restorable',
    complete: true,
    reasons: [],
    drill: undefined,
    kept: false,
    retirement: undefined,
    ...changes,
  };
}

export function failureOf(hoursAgo: number, changes: Partial<FailureFacts> = {}): FailureFacts {
  return {
    at: new Date(NOW.getTime() - hoursAgo * HOUR_MS),
    function: 'dump',
    type: 'DumpError',
    problem:
      'dump "shop": pg_dump ended with exit code 1: connection to server at "db.internal" failed: Connection refused',
    hint: 'start the server, or correct POSTGRES_HOST',
    attempts: 3,
    ...changes,
  };
}

/** All of them read, or the newest of more. */
export function failuresOf(newest: readonly FailureFacts[], count = newest.length): FailureList {
  return { count, lastAt: newest[0]?.at, newest };
}

/** All of it, as on a quiet morning. */
export function factsOf(databases: readonly DatabaseFacts[], changes: Partial<StatusFacts> = {}): StatusFacts {
  return {
    observedAt: new Date(NOW.getTime() - 2_000),
    vaultUp: true,
    schedule: { previousAt: new Date('2026-11-23T02:00:00Z'), nextAt: new Date('2026-11-24T02:00:00Z') },
    databases,
    strayFailures: failuresOf([]),
    retention: { lastRunAt: new Date('2026-11-23T03:30:08Z'), problems: [], removes: true },
    storage: { objectSizeBytes: 200e9, strayObjects: 1 },
    pitr: false,
    clusters: [],
    ...changes,
  };
}

/** A cluster whose WAL was archived a minute ago, with a base backup each night, and a drill after each. */
export function clusterOf(changes: Partial<ClusterFacts> = {}, days = 17): ClusterFacts {
  const bases = Array.from({ length: days }, (_, daysAgo) => backupOf(daysAgo, { sizeBytes: 4_100_000_000 }));
  const [newest, oldest] = [bases[0]?.showsAt, bases.at(-1)?.showsAt];
  const recently = new Date(NOW.getTime() - 70_000);
  const tomorrow = new Date(NOW.getTime() + DAY_MS);
  return {
    ...{ name: 'db.internal:5432', systemIdentifier: '7431234567890123456', configured: true },
    windows: oldest ? [{ from: oldest, to: recently, endsInGap: false }] : [],
    ...{ openGaps: 0, archivedAt: recently, recoveryPointAt: recently, bases, lastBaseAt: newest },
    lastProvedAt: newest && new Date(newest.getTime() + 25 * 60_000),
    ...{ baseOverdueAt: tomorrow, drillOverdueAt: tomorrow },
    ...{ walBytes: 21_300_000_000, baseBytes: 69_700_000_000 },
    slot: { name: 'pgvouch', state: 'held', retainedBytes: 31_000_000, limitBytes: 21.5e9, roomBytes: 21.4e9 },
    ...changes,
  };
}

/** A staging database that was refreshed this Monday. */
export function refreshOf(changes: Partial<RefreshFacts> = {}): RefreshFacts {
  const at = '2026-11-23T05:02:11.000Z';
  return {
    ...{ name: 'staging', from: 'shop', database: 'shop_staging', known: true, underWaySince: undefined },
    current: {
      backup: { firedAt: '2026-11-23T02:00:00.000Z', snapshotAt: '2026-11-23T02:00:02.000Z' },
      ...{ startedAt: '2026-11-23T05:00:00.000Z', switchedAt: at, durationMs: 131_000, restoreMs: 94_000 },
      compared: { tables: 42, rows: 3_481_223, sequences: 31, objects: 412, largeObjects: 0, fingerprints: 0 },
      ...{ maskedBy: 'a'.repeat(64), oid: 16_500, previous: 'shop_staging_before_20261123_050000', remarks: [] },
    },
    last: { at, outcome: 'refreshed' },
    ...{ overdueAt: new Date('2026-12-01T05:00:00Z'), nextAt: new Date('2026-11-30T05:00:00Z') },
    ...changes,
  };
}

/** The record of {@link refreshOf} in the bucket. */
export function refreshRecord(): RefreshRecord {
  const { current, last } = refreshOf();
  return {
    ...{ format: 'pgvouch/refresh', formatVersion: 1, refresh: 'staging', from: 'shop', current, last },
    ...{ to: { server: 'staging.internal:5432', database: 'shop_staging' }, succeededAt: '2026-11-23T05:02:11.000Z' },
  };
}
