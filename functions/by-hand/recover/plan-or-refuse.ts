import { ConfigError, PolicyError } from '../../../layers/backup/errors.ts';
import type { StoredCluster } from '../../../layers/catalog/read-cluster.ts';
import { formatLsn } from '../../../layers/wal/lsn.ts';
import {
  isPlan,
  planRecovery,
  type RecoveryPlan,
  type RecoveryTarget,
  type Unreachable,
} from '../../../layers/wal/recovery-plan.ts';
import type { Moment } from '../../../layers/wal/windows.ts';
import { secondUtc } from '../../../layers/words/instants.ts';

/**
 * The plan for a target.
 *
 * @throws {@link PolicyError} if it cannot be reached, with the nearest moments that can; {@link ConfigError} if there is
 * nothing to recover from
 */
export function planOrRefuse(
  stored: StoredCluster,
  target: RecoveryTarget,
  timeline: number | undefined,
): RecoveryPlan {
  const operation = 'plan recovery';
  const subject = `of cluster ${stored.cluster.systemIdentifier} to ${targetWords(target)}`;
  const decision = planRecovery(stored, target, timeline);
  if (!isPlan(decision)) {
    const problem = problemOf(decision);
    if (decision.why === 'no base' || decision.why === 'timeline') {
      const hint = `timelines in the bucket: ${stored.holdings.timelines.join(', ') || 'none'}; --timeline takes one of them`;
      throw new ConfigError({ operation, subject, problem, hint });
    }
    throw new PolicyError({ operation, subject, problem, hint: nearestWords(decision.nearest) });
  }
  return decision;
}

/** `2026-11-27 14:04:59 UTC`, `position 0/16B3748`, `the end of the WAL` */
export function targetWords(target: RecoveryTarget): string {
  switch (target.kind) {
    case 'latest':
      return 'the end of the WAL';
    case 'time':
      return secondUtc(target.at);
    case 'lsn':
      return `position ${formatLsn(target.lsn)}`;
    case 'xid':
      return `transaction ${target.xid}`;
  }
}

function problemOf({ why, timeline, nearest }: Unreachable): string {
  const { before } = nearest;
  const gap = before && `the bucket lacks WAL from ${formatLsn(before.lsn)} on timeline ${timeline}, and has later WAL`;
  switch (why) {
    case 'no base':
      return `no base backup of timeline ${timeline} is whole and has the WAL to its end`;
    case 'timeline':
      return `nothing is stored of timeline ${timeline}`;
    case 'gap':
      return `${gap}: recovery cannot pass the gap`;
    case 'before':
      return 'no base backup had ended by then';
    case 'after':
      return 'the WAL in the bucket ends before';
    case 'between':
      return `${gap}, and no base backup in between`;
  }
}

function nearestWords({ before, after }: Unreachable['nearest']): string {
  const words = (moment: Moment) => `${moment.at.toISOString()} (--at-lsn ${formatLsn(moment.lsn)})`;
  const nearest = [
    ...(before ? [`the last before it is ${words(before)}`] : []),
    ...(after ? [`the first after it is ${words(after)}`] : []),
  ];
  return `the nearest moments that can be reached: ${nearest.join('; ')}`;
}
