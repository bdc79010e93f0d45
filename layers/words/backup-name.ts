import { formatFiredAt } from '../backup/instant.ts';
import type { BackupName } from '../backup/keys.ts';

/** How a backup is named for people: `shop/2026-11-23T02-00-00Z`. */
export function backupName({ database, firedAt }: BackupName): string {
  return `${database}/${formatFiredAt(firedAt)}`;
}
