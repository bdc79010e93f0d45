import type { Manifest } from '../backup/manifest.ts';
import type { VerdictName } from '../backup/verdict.ts';
import type { Backup } from './backups.ts';

/** What a backup is good for now: its verdict, or that it has none yet. */
export type BackupStanding = VerdictName | 'unverified';

/**
 * What a verdict is worth: without its archive a backup is `corrupt`, whatever was found before. This alone says so.
 *
 * @param complete - whether the archive is still there
 */
export function verdictNow(verdict: VerdictName | undefined, complete: boolean): VerdictName | undefined {
  return complete ? verdict : 'corrupt';
}

/** The same where having no verdict counts too. */
export function standingOf(backup: {
  readonly verdict: VerdictName | undefined;
  readonly complete: boolean;
}): BackupStanding {
  return verdictNow(backup.verdict, backup.complete) ?? 'unverified';
}

/** What it held before next to nothing was left; undefined if that is not so, or a person accepted it. */
export function fallen({ entry, manifest }: Pick<Backup, 'entry' | 'manifest'>): Manifest['fall'] {
  return entry.accepted === undefined ? manifest.fall : undefined;
}
