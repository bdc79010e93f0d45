import type { BackupName } from '../../../layers/backup/keys.ts';

/** Where a page begins: behind a backup, or before an instant. */
export type PageMark = Pick<BackupName, 'firedAt'> & Partial<BackupName>;

/**
 * One page of backups. Pure. The newest firing comes first, and of one firing the databases by name.
 *
 * @param before - the last backup of the page before, or only the instant that all must have been fired before
 */
export function pageOf<T extends BackupName>(
  backups: readonly T[],
  before: PageMark | undefined,
  limit: number,
): readonly T[] {
  return [...backups]
    .sort(inOrder)
    .filter((one) => before === undefined || isBehind(one, before))
    .slice(0, limit);
}

function isBehind(one: BackupName, { firedAt, database }: PageMark): boolean {
  return database === undefined ? one.firedAt < firedAt : inOrder(one, { firedAt, database }) > 0;
}

function inOrder(one: BackupName, other: BackupName): number {
  const later = other.firedAt.getTime() - one.firedAt.getTime();
  if (later !== 0 || one.database === other.database) return later;
  return one.database < other.database ? -1 : 1;
}
