import type { Entry } from '../../layers/backup/catalog.ts';
import { type ReadBackups, readEntries } from '../../layers/catalog/backups.ts';
import { type Candidate, candidateOf, factsOf } from './candidate.ts';
import type { Run } from './run.ts';

/**
 * The backups of entries, in any order: what the notes of former runs do not hold of the objects that were listed is
 * read, and noted for the next run.
 *
 * @param afresh - whether all is read, because the notes were wrong
 */
export async function readCandidates(
  { vault, notes }: Pick<Run, 'vault' | 'notes'>,
  entries: readonly Entry[],
  { afresh = false }: { readonly afresh?: boolean } = {},
): Promise<ReadBackups<Candidate>> {
  const noted: Candidate[] = [];
  const unknown: Entry[] = [];
  for (const entry of entries) {
    const facts = afresh ? undefined : notes.recall(entry);
    if (facts) noted.push(candidateOf(entry, facts));
    else unknown.push(entry);
  }
  const { backups, unreadable } = await readEntries(vault, unknown, (backup) => {
    notes.remember(backup);
    return candidateOf(backup.entry, factsOf(backup));
  });
  return { backups: [...noted, ...backups], unreadable };
}
