import { isBad } from '../../../../layers/backup/verdict.ts';
import { count } from '../../../../layers/words/counts.ts';
import { stamp } from '../../../../layers/words/instants.ts';
import { bytes } from '../../../../layers/words/sizes.ts';
import { ago, span } from '../../../../layers/words/spans.ts';
import { LIMITS } from '../../prometheus/limits.ts';
import type { ClusterFacts } from './facts.ts';
import type { Finding } from './finding.ts';

/** Everything about a cluster's recovery that a person should know, in no order. Pure. */
export function* clusterFindings(cluster: ClusterFacts, now: Date): Generator<Finding> {
  yield* lossFindings(cluster);
  if (!cluster.configured) return;
  yield* archiveFindings(cluster, now);
  yield* slotFindings(cluster);
  yield* baseFindings(cluster, now);
}

function* archiveFindings({ recoveryPointAt, openGaps }: ClusterFacts, now: Date): Generator<Finding> {
  const lossMs = recoveryPointAt && now.getTime() - recoveryPointAt.getTime();
  if (lossMs === undefined || lossMs > LIMITS.recoveryPointAgeMs) {
    const text =
      lossMs === undefined
        ? 'No moment is known up to which the bucket holds all WAL.'
        : `The bucket lacks what the server wrote in the last ${span(lossMs)}.`;
    const hint =
      'See whether WAL_SCHEDULE fires and what the wal function’s log says; npx pgvouch slot show asks the server.';
    yield { level: 'trouble', text, hint };
  }
  if (openGaps > 0) {
    const text = `WAL is missing since the newest base backup, in ${count(openGaps, 'place')}. Recovery does not get past that.`;
    yield {
      level: 'trouble',
      text,
      hint: 'Take a base backup with npx pgvouch base: from its end on every second counts again.',
    };
  }
}

function* slotFindings({ slot }: ClusterFacts): Generator<Finding> {
  if (slot === undefined) return;
  const { name, state, retainedBytes, limitBytes, roomBytes } = slot;
  const renew = 'Make it anew with npx pgvouch slot create, and take a base backup then: npx pgvouch base.';
  if (state === 'missing') {
    const text = `The server has no replication slot ${name}: it keeps no WAL for the archive.`;
    yield { level: 'trouble', text, hint: renew };
  }
  if (state === 'lost') {
    const text = `The replication slot ${name} is lost: the server keeps no WAL for it any more.`;
    yield { level: 'trouble', text, hint: `Drop it with npx pgvouch slot drop. ${renew}` };
  }
  const hint =
    'WAL comes faster than it is archived, or was not archived for a while; npx pgvouch slot show asks the server now.';
  if (limitBytes !== undefined && roomBytes !== undefined && roomBytes < LIMITS.slotRoomRatio * limitBytes) {
    const text = `The server can write ${bytes(Math.max(0, roomBytes))} more before it drops WAL that is not archived.`;
    yield { level: 'attention', text, hint };
  }
  if (limitBytes === undefined && retainedBytes !== undefined && retainedBytes > LIMITS.slotRetainedBytes) {
    const text = `The server keeps ${bytes(retainedBytes)} of WAL for the slot, without a limit: its disk may fill up.`;
    yield { level: 'attention', text, hint };
  }
}

function* baseFindings(cluster: ClusterFacts, now: Date): Generator<Finding> {
  const { lastBaseAt, baseOverdueAt, lastProvedAt, drillOverdueAt, bases } = cluster;
  const isOver = (at: Date | undefined) => at !== undefined && now > at;
  const schedule =
    'See whether BASE_SCHEDULE fires and what the base function’s log says; npx pgvouch base takes one now.';
  if (lastBaseAt === undefined) {
    const text = 'There is no base backup that recovery can begin with.';
    yield { level: 'trouble', text, hint: schedule };
  } else if (isOver(baseOverdueAt)) {
    const text = `The newest base backup is ${span(now.getTime() - lastBaseAt.getTime())} old, and the next is overdue: a recovery takes long.`;
    yield { level: 'trouble', text, hint: schedule };
  }
  const bad = bases.filter(
    ({ verdict, retirement }) => verdict !== undefined && isBad(verdict) && retirement === undefined,
  );
  for (const { showsAt, verdict } of bad.slice(0, 1)) {
    const text = `The base backup of ${stamp(showsAt)} UTC is ${verdict}: recovery does not begin with it.`;
    yield { level: 'trouble', text, hint: 'Take another one with npx pgvouch base, and find out what changed it.' };
  }
  if (lastBaseAt === undefined) return;
  if (lastProvedAt === undefined) {
    const text = 'No recovery drill has brought it back yet: nobody knows whether it can be recovered.';
    yield { level: 'attention', text, hint: 'docs/pitr.md says what a drill needs.' };
  } else if (isOver(drillOverdueAt)) {
    const text = `The last recovery drill that brought it back was ${ago(lastProvedAt, now)}, and the next is overdue.`;
    yield {
      level: 'attention',
      text,
      hint: 'See whether RECOVERY_SCHEDULE fires and what the recovery function’s log says.',
    };
  }
}

/** Nobody can bring back what lies between two windows. */
function* lossFindings({ windows }: ClusterFacts): Generator<Finding> {
  const between = windows.slice(1).map(({ from }, index) => ({ from: windows[index]?.to ?? from, to: from }));
  for (const { from, to } of between.slice(-3)) {
    const text = `It cannot go back to what lies between ${stamp(from)} and ${stamp(to)} UTC: WAL is missing there.`;
    yield { level: 'note', text, hint: undefined };
  }
}
