import { isFuture } from '../../layers/backup/present.ts';
import { isGood } from '../../layers/backup/verdict.ts';
import type { Candidate } from './candidate.ts';
import { confirm } from './confirm.ts';
import type { Run } from './run.ts';

/**
 * Whether the backups that a plan counts from are what the notes say: the newest, the newest good and the newest
 * restorable one. Each is read anew.
 *
 * @throws {@link VaultError} if one cannot be read: nothing is to be planned then
 */
export async function anchorsHold(run: Run, backups: readonly Candidate[]): Promise<boolean> {
  const present = presentNewestFirst(run, backups);
  const anchors = new Set([
    present[0],
    present.find(({ verdict }) => verdict !== undefined && isGood(verdict)),
    present.find(({ verdict }) => verdict === 'restorable'),
    present.find(({ verdict }) => verdict === 'intact'),
  ]);
  for (const anchor of anchors) {
    if (anchor && !(await confirm(run, anchor))?.unchanged) return false;
  }
  return true;
}

/** Whether the newest backup holds next to nothing of what its database did, and nobody has accepted that. Pure. */
export function hasFallen(run: Run, backups: readonly Candidate[]): boolean {
  return presentNewestFirst(run, backups)[0]?.fallen ?? false;
}

function presentNewestFirst({ options }: Run, backups: readonly Candidate[]): Candidate[] {
  return backups
    .filter(({ snapshotAt }) => !isFuture(snapshotAt, options.now))
    .sort((a, b) => b.snapshotAt.getTime() - a.snapshotAt.getTime() || b.firedAt.getTime() - a.firedAt.getTime());
}
