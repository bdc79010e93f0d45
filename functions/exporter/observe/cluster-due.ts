import type { Schedule } from '../../../layers/schedule/expression.ts';
import { overdueAt } from '../../../layers/schedule/overdue.ts';
import type { ClusterStanding } from '../../../layers/wal/standing.ts';
import type { StoredBase } from '../../../layers/wal/stored-base.ts';

/** When base backups are taken, and recovery drills held. */
export interface PitrSchedules {
  readonly base: Schedule;
  readonly baseIncrement: Schedule;
  readonly recovery: Schedule;
}

/** When the next base backup and the next drill are overdue. Undefined where there was none yet, or none is due any more. */
export interface ClusterDue {
  readonly baseOverdueAt: Date | undefined;
  readonly drillOverdueAt: Date | undefined;
}

/** Increments are due where they come: one of the last two base backups is an increment. Pure. */
export function clusterDue(
  { base, baseIncrement, recovery }: PitrSchedules,
  { lastBase, lastProved }: Pick<ClusterStanding, 'lastBase' | 'lastProved'>,
  bases: readonly StoredBase[],
): ClusterDue {
  const increments = bases.slice(-2).some((one) => one.base.parent !== undefined);
  return {
    baseOverdueAt: lastBase && overdueAt(increments ? [base, baseIncrement] : [base], lastBase.startedAt),
    drillOverdueAt: lastProved?.verdictAt && overdueAt([recovery], lastProved.verdictAt),
  };
}
