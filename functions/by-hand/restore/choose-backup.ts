import { ConfigError, PolicyError } from '../../../layers/backup/errors.ts';
import { formatFiredAt } from '../../../layers/backup/instant.ts';
import type { Backup } from '../../../layers/catalog/backups.ts';
import { type BackupStanding, standingOf } from '../../../layers/catalog/standing.ts';
import { count } from '../../../layers/words/counts.ts';

/** Which backup is wanted of a database: the newest, the newest whose data is not younger than an instant, or one. */
export type Wanted =
  | { readonly kind: 'latest' }
  | { readonly kind: 'at'; readonly at: Date }
  | { readonly kind: 'backup'; readonly firedAt: Date };

/** What is restored only when a person says so; `unverified` has no verdict yet. Corrupt ones are never. */
export const ACCEPTABLE = ['readable', 'intact', 'unverified', 'unrestorable'] as const;
export type Acceptable = (typeof ACCEPTABLE)[number];

/**
 * Chooses the backup to restore. Pure.
 *
 * @param backups - one database's, newest first
 * @param accept - what a person takes beside `restorable`
 * @throws {@link ConfigError} if there is no such backup
 * @throws {@link PolicyError} if there is, and it may not be restored without being accepted, or at all
 */
export function chooseBackup(
  database: string,
  backups: readonly Backup[],
  wanted: Wanted,
  accept: readonly Acceptable[],
): Backup {
  const named = backups.filter((backup) => isWanted(backup, wanted));
  if (named.length === 0) throw nothingThere(database, backups, wanted);
  const chosen = named.find((backup) => isAccepted(backup, accept));
  if (chosen !== undefined) return chosen;
  const [newest] = named;
  if (newest === undefined) throw new Error('unreachable: there is one');
  throw refusal(newest, named.length, wanted);
}

function isWanted({ snapshotAt, entry }: Backup, wanted: Wanted): boolean {
  if (wanted.kind === 'latest') return true;
  if (wanted.kind === 'at') return snapshotAt <= wanted.at;
  return entry.firedAt.getTime() === wanted.firedAt.getTime();
}

function isAccepted(backup: Backup, accept: readonly Acceptable[]): boolean {
  const standing = standingOf(backup);
  return standing === 'restorable' || accept.some((one) => one === standing);
}

function nothingThere(database: string, backups: readonly Backup[], wanted: Wanted): ConfigError {
  const oldest = backups.at(-1);
  const problem =
    oldest === undefined
      ? 'there is no backup of this database'
      : wanted.kind === 'at'
        ? `no backup has data from ${wanted.at.toISOString()} or earlier; the oldest has data from ${oldest.manifest.snapshotAt}`
        : `there is no backup ${wanted.kind === 'backup' ? formatFiredAt(wanted.firedAt) : ''}`;
  return new ConfigError({
    operation: 'restore',
    subject: `"${database}"`,
    problem,
    hint: 'run pgvouch list to see the backups',
  });
}

function refusal(backup: Backup, choice: number, wanted: Wanted): PolicyError {
  const standing = standingOf(backup);
  const name = formatFiredAt(backup.entry.firedAt);
  const one = wanted.kind === 'backup';
  const what = backup.complete ? WORDS[standing] : 'its archive is gone';
  return new PolicyError({
    operation: 'restore',
    subject: `"${backup.entry.database}"`,
    problem: one
      ? `backup ${name} is not proved: ${what}`
      : `none of the ${count(choice, 'backup')} to choose from is restorable; the newest is ${name}: ${what}`,
    hint:
      standing === 'corrupt'
        ? `choose another (pgvouch list); pg_restore by itself may still rescue some of its data${one ? '' : `; --accept ${ACCEPTABLE.join(' or ')} may allow others`}`
        : `to restore it anyway, use --accept ${standing}; pgvouch verify may prove it`,
  });
}

const WORDS: Readonly<Record<BackupStanding, string>> = {
  restorable: 'it is restorable',
  readable: 'it was read and decoded, but a trial restore was not made or not possible',
  intact: 'it is as it was stored, but verify could not open it',
  unverified: 'it has no verdict yet',
  unrestorable: 'its trial restore failed or differed from the manifest',
  corrupt: 'it is corrupt',
};
