import { isFuture } from '../../../../layers/backup/present.ts';
import type { BackupFacts } from './facts.ts';

/** The backups that are not dated in the future: one of next year says nothing about today, and hides nothing. */
export function presentOf(backups: readonly BackupFacts[], now: Date): readonly BackupFacts[] {
  return backups.filter(({ firedAt, showsAt }) => !isFuture(firedAt, now) && !isFuture(showsAt, now));
}
