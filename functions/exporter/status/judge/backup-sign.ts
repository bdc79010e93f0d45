import type { VerdictName } from '../../../../layers/backup/verdict.ts';
import type { BackupFacts } from './facts.ts';
import { isBad } from './verdict-findings.ts';

/** What the sign beside a backup shows. */
export type Sign = VerdictName | 'waiting' | 'retired';

/** The sign of one backup: that it goes matters more than how good it is, unless it is bad. */
export function signOf(backup: BackupFacts): Sign {
  const { verdict, retirement } = backup;
  if (verdict !== undefined && isBad(backup) && !isBeingRemoved(backup)) return verdict;
  if (retirement !== undefined) return 'retired';
  return verdict ?? 'waiting';
}

/** The lifecycle removes in any order: that the archive of one that goes is gone is no fault. A mark not read may say so. */
function isBeingRemoved({ complete, retirement }: BackupFacts): boolean {
  return !complete && retirement !== undefined && (retirement.going || retirement.removeAfter === undefined);
}
