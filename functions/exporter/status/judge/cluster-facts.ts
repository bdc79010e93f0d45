import { retainedBytes, type WalStatus } from '../../../../layers/wal/wal-status.ts';
import type { ClusterState } from '../../observe/observation.ts';
import type { BackupFacts, ClusterFacts, SlotFacts } from './facts.ts';

/** What was seen of a cluster, for people. Pure. */
export function clusterFacts(state: ClusterState): ClusterFacts {
  const { cluster, server, configured, bases, standing, status, baseOverdueAt, drillOverdueAt } = state;
  const { windows, openGaps, archivedAt, recoveryPointAt, lastBase, lastProved, walBytes, baseBytes } = standing;
  return {
    ...{ name: server, systemIdentifier: cluster.systemIdentifier, configured },
    windows: windows.map(({ from, to, endsInGap }) => ({ from: from.at, to: to.at, endsInGap })),
    ...{ openGaps: openGaps.length, archivedAt, recoveryPointAt, walBytes, baseBytes },
    bases: bases.map(baseFacts).sort((a, b) => b.showsAt.getTime() - a.showsAt.getTime()),
    ...{ lastBaseAt: lastBase?.stoppedAt, lastProvedAt: lastProved?.verdictAt },
    ...{ baseOverdueAt, drillOverdueAt },
    slot: status ? slotFacts(status) : undefined,
  };
}

function slotFacts(status: WalStatus): SlotFacts {
  const { name, state, limitBytes, roomBytes } = status.slot;
  return { name, state, limitBytes, roomBytes, retainedBytes: retainedBytes(status) };
}

function baseFacts({
  base,
  startedAt,
  stoppedAt,
  verdict,
  kept,
  retired,
  complete,
}: ClusterState['bases'][number]): BackupFacts {
  return {
    ...{ firedAt: startedAt, showsAt: stoppedAt, storedAt: stoppedAt, verdict, kept },
    sizeBytes: base.tablespaces.reduce((sum, { sizeBytes }) => sum + sizeBytes, base.manifest.sizeBytes),
    ...{ complete, reasons: [], drill: undefined, retirement: retired ? RETIRED : undefined },
  };
}

/** When and why stands in its mark, which nobody reads here. */
const RETIRED = { removeAfter: undefined, reasons: [], going: false };
