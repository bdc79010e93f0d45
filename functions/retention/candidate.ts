import type { Entry } from '../../layers/backup/catalog.ts';
import type { RetentionCandidate } from '../../layers/backup/retention.ts';
import type { Retired } from '../../layers/backup/retired.ts';
import type { Backup } from '../../layers/catalog/backups.ts';
import { verdictNow } from '../../layers/catalog/standing.ts';
import type { BackupFacts } from './notes.ts';

/** One backup as retention sees it: no more of its manifest than it needs, for there may be very many. */
export interface Candidate extends RetentionCandidate {
  readonly entry: Entry;
  /** The UUID of its own archive and globals; others beside them are orphans. */
  readonly attempt: string;
  /** Whether its archive was there when the vault was listed. */
  readonly complete: boolean;
  /** Its retirement, unless it was undone. */
  readonly mark: Retired | undefined;
  /** Whether next to nothing was left of what its database held, and nobody has accepted that. */
  readonly fallen: boolean;
}

/** What a listing and a backup's documents come to, whether they were read just now or noted. Pure. */
export function candidateOf(entry: Entry, { attempt, snapshotAt, retired, fell }: BackupFacts): Candidate {
  const complete = entry.archives.some((archive) => archive.attempt === attempt);
  return {
    database: entry.database,
    firedAt: entry.firedAt,
    snapshotAt,
    // Without its archive it must not stand for a proof; but one that has no verdict waits for it.
    verdict: entry.verdict && verdictNow(entry.verdict, complete),
    kept: entry.kept !== undefined,
    entry,
    attempt,
    complete,
    mark: retired,
    fallen: fell && entry.accepted === undefined,
  };
}

export function factsOf({ manifest, snapshotAt, retired }: Backup): BackupFacts {
  return { attempt: manifest.attempt, snapshotAt, retired, fell: manifest.fall !== undefined };
}

/** Whether nothing changed of a backup by which it is kept or let go. Pure. */
export function isUnchanged(one: Candidate, other: Candidate): boolean {
  return wordsOf(one) === wordsOf(other);
}

function wordsOf({ attempt, snapshotAt, verdict, kept, complete, entry, mark, fallen }: Candidate): string {
  const markedAt = entry.retired?.modifiedAt;
  const words = [attempt, snapshotAt, verdict, kept, complete, fallen, markedAt, mark?.removeAfter, mark?.taggedAt];
  return JSON.stringify(words);
}
