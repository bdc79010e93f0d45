import { objectsOf } from '../../layers/backup/catalog.ts';
import { retiredKey, undoneKey } from '../../layers/backup/keys.ts';
import type { Candidate } from './candidate.ts';
import { confirm } from './confirm.ts';
import type { Run } from './run.ts';
import type { Subject } from './subject.ts';

/** A dump's backup, for what is done with it. */
export function backupSubject(run: Run, candidate: Candidate): Subject {
  const { database, firedAt, kept, mark, entry } = candidate;
  const { prefix } = run.vault;
  return {
    about: { database, firedAt: firedAt.toISOString() },
    ...{ kept, mark, isMarked: entry.retired !== undefined },
    // Made when asked for: of ten thousand backups nearly all are kept, and nobody asks.
    get keys() {
      return { retired: retiredKey(prefix, candidate), undone: undoneKey(prefix, candidate) };
    },
    get marks() {
      return entry.marks.map(({ key }) => key);
    },
    get objects() {
      return objectsOf(entry).map(({ key }) => key);
    },
    async confirm() {
      const found = await confirm(run, candidate);
      return found && { now: backupSubject(run, found.now), unchanged: found.unchanged };
    },
  };
}
