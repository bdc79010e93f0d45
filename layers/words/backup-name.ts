import { formatFiredAt, parseFiredAt } from '../backup/instant.ts';
import type { BackupName } from '../backup/keys.ts';

/** How a backup is named for people: `shop/2026-11-23T02-00-00Z`. */
export function backupName({ database, firedAt }: BackupName): string {
  return `${database}/${formatFiredAt(firedAt)}`;
}

/** Reads what {@link backupName} wrote; undefined for anything else. A database may have slashes in its name. */
export function parseBackupName(text: string): BackupName | undefined {
  const slash = text.lastIndexOf('/');
  const [database, firedAt] = [text.slice(0, Math.max(0, slash)), parseFiredAt(text.slice(slash + 1))];
  return database === '' || firedAt === undefined ? undefined : { database, firedAt };
}
