import { type Entry, storedBytes } from '../backup/catalog.ts';
import type { DrillStand } from '../backup/drill-progress.ts';
import { leftOutWords } from '../backup/left-out.ts';
import { olderClient } from '../backup/older-client.ts';
import type { Retired } from '../backup/retired.ts';
import type { Verdict } from '../backup/verdict.ts';
import type { Backup } from '../catalog/backups.ts';
import { fallen } from '../catalog/standing.ts';
import { backupName } from '../words/backup-name.ts';
import type { BackupDetailShape, BackupEntryShape, BackupShape } from './shapes.ts';

/** What was read of a backup beside the listing; undefined if there is nothing, or it was not read. */
export interface ReadBeside {
  readonly drill: DrillStand | undefined;
  readonly mark: Retired | undefined;
}

/** A backup as the listing tells it. Pure. */
export function backupEntry(entry: Entry, { drill, mark }: ReadBeside): BackupEntryShape {
  const isRetired = entry.retired !== undefined && mark?.undone === undefined;
  return {
    backup: backupName(entry),
    database: entry.database,
    firedAt: entry.firedAt.toISOString(),
    storedBytes: storedBytes(entry),
    verdict: entry.verdict ?? null,
    drill: drill
      ? {
          ...{ proved: drill.proved, pieces: drill.pieces ?? null, runs: drill.runs },
          startedAt: drill.startedAt.toISOString(),
        }
      : null,
    complete: entry.archives.length > 0,
    kept: entry.kept !== undefined,
    retired: isRetired
      ? { at: mark?.retiredAt ?? null, removeAfter: mark?.removeAfter ?? null, reasons: mark?.reasons ?? [] }
      : null,
  };
}

/** A backup whose manifest was read. Pure. */
export function backupShape(backup: Backup, now: Date, drill: DrillStand | undefined): BackupShape {
  const { entry, manifest, retired } = backup;
  return {
    ...backupEntry(entry, { drill, mark: retired }),
    snapshotAt: manifest.snapshotAt,
    ageSeconds: Math.round((now.getTime() - backup.snapshotAt.getTime()) / 1000),
    sizeBytes: manifest.archive.sizeBytes,
    server: manifest.server.version,
    client: manifest.client.version,
    clientOlderThanServer: olderClient(manifest) !== undefined,
    remarks: (manifest.remarks ?? []).map(({ text }) => text),
    leftOut: leftOutWords(manifest.leftOut) || null,
    // Another attempt's archive is not its own.
    complete: backup.complete,
    fall: fallen(backup) ?? null,
    retired: retired ? { at: retired.retiredAt, removeAfter: retired.removeAfter, reasons: retired.reasons } : null,
  };
}

/** The same with all that its documents say. Pure. */
export function backupDetail(
  backup: Backup,
  verdict: Verdict | undefined,
  now: Date,
  drill: DrillStand | undefined,
): BackupDetailShape {
  return { ...backupShape(backup, now, drill), manifest: backup.manifest, found: verdict ?? null };
}
