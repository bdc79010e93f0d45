import { DumpError, splitHint, VaultError } from '../../../layers/backup/errors.ts';
import { saysShortage } from '../../../layers/postgres/complaints/shortage.ts';
import { RecoveryEnded } from '../../../layers/postgres/places/recovery-ended.ts';
import type { WalFeed } from '../../../layers/recovery/wal-feed.ts';
import type { RecoveryPlan } from '../../../layers/wal/recovery-plan.ts';
import { secondUtc } from '../../../layers/words/instants.ts';

/** @see src/backend/access/transam/xlogrecovery.c, PerformWalRecovery */
const NOT_REACHED = /recovery ended before configured recovery target was reached/;

/** Behind a gap, commits may be missing. */
export function isAfterTheLastCommit(error: unknown, { target, window }: RecoveryPlan): boolean {
  const isPosition = target.kind === 'time' || target.kind === 'lsn';
  return error instanceof RecoveryEnded && NOT_REACHED.test(error.problem) && isPosition && !window.endsInGap;
}

/** The end of the WAL is the moment only if the bucket had all WAL by then. Sentences. */
export function doubtOf({ target }: RecoveryPlan, caughtUpAt: string | undefined): string[] {
  const known = caughtUpAt === undefined ? undefined : new Date(caughtUpAt);
  if (target.kind !== 'time' || (known !== undefined && known >= target.at)) return [];
  const since = known === undefined ? '' : ` since ${secondUtc(known)}`;
  return [`commits${since} may be missing: the bucket is not known to hold all WAL up to that moment`];
}

/** Why PostgreSQL did not recover: what failed or is damaged in the WAL comes before what PostgreSQL says of it. */
export function explained(
  error: unknown,
  feed: Pick<WalFeed, 'failure' | 'damage'>,
  { target }: RecoveryPlan,
): unknown {
  const failure = feed.failure();
  if (failure !== undefined) return failure;
  const damage = feed.damage();
  if (damage !== undefined) return damaged(`${damage.object.key}: ${damage.problem}`);
  if (!(error instanceof RecoveryEnded)) return error;
  const { operation, subject = '' } = error;
  const { problem } = splitHint(error.problem);
  const hint = hintFor(problem, target);
  return new DumpError({ operation, subject, problem, hint, cause: error });
}

function hintFor(problem: string, target: RecoveryPlan['target']): string {
  if (saysShortage(problem)) return 'set DRILL_FOLDER (or TMPDIR) to a folder with more room';
  if (!NOT_REACHED.test(problem)) {
    return 'pgvouch verify --cluster says whether the base backup and the WAL are sound; another moment may need another base backup';
  }
  return target.kind === 'xid'
    ? `transaction ${target.xid} is not in the WAL after the base backup: look for its commit with pg_waldump, or use --at`
    : 'the bucket lacks later WAL: commits up to that moment may be missing. Choose an earlier one';
}

export function damaged(problem: string): VaultError {
  const hint = 'choose a moment before it; pgvouch verify --cluster says up to where the WAL is good';
  return new VaultError({ operation: 'read', subject: 'the WAL', problem, hint });
}
