import { readBackup } from '../../layers/catalog/backups.ts';
import { readEntry } from '../../layers/catalog/read-catalog.ts';
import { type Candidate, candidateOf, factsOf, isUnchanged } from './candidate.ts';
import type { Run } from './run.ts';

/**
 * Reads a backup anew, all of it, at the last moment before something of it is marked or given up: what was planned goes
 * by a listing that may be minutes old, and by notes.
 *
 * @returns as it is now, and whether that is what was planned for; undefined if it is gone
 * @throws {@link VaultError} if something of it cannot be read
 */
export async function confirm(
  run: Run,
  planned: Candidate,
): Promise<{ readonly now: Candidate; readonly unchanged: boolean } | undefined> {
  const entry = await readEntry(run.vault, planned);
  const backup = entry && (await readBackup(run.vault, entry));
  if (backup === undefined) return undefined;
  // Where the notes were wrong, the next run goes by what was found.
  run.notes.remember(backup);
  const now = candidateOf(backup.entry, factsOf(backup));
  return { now, unchanged: isUnchanged(now, planned) };
}
