import type { Entry } from '../../layers/backup/catalog.ts';
import type { RetentionCandidate } from '../../layers/backup/retention.ts';
import type { Retired } from '../../layers/backup/retired.ts';
import type { Backup } from '../../layers/catalog/backups.ts';
import { verdictNow } from '../../layers/catalog/standing.ts';

/** One backup as retention sees it: no more of its manifest than it needs, for there may be very many. */
export interface Candidate extends RetentionCandidate {
  readonly entry: Entry;
  /** The UUID of its own archive and globals; others beside them are orphans. */
  readonly attempt: string;
  /** Whether its archive was there when the vault was listed. */
  readonly complete: boolean;
  /** Its retirement, unless it was undone. */
  readonly mark: Retired | undefined;
}

export function candidateOf({ entry, manifest, ...backup }: Backup): Candidate {
  const { snapshotAt, verdict, complete, kept, retired } = backup;
  return {
    database: entry.database,
    firedAt: entry.firedAt,
    snapshotAt,
    // Without its archive it must not stand for a proof; but one that has no verdict waits for it.
    verdict: verdict && verdictNow(verdict, complete),
    kept,
    entry,
    attempt: manifest.attempt,
    complete,
    mark: retired,
  };
}
