import type { Cluster } from '../wal/cluster.ts';
import { formatLsn } from '../wal/lsn.ts';
import { type ClusterStanding, lossMs } from '../wal/standing.ts';
import { retainedBytes, type WalStatus } from '../wal/wal-status.ts';
import type { ClusterWindowsShape } from './shapes.ts';

/** What was read of a cluster. */
export interface SeenCluster {
  readonly cluster: Cluster;
  readonly standing: ClusterStanding;
  /** As wal left it; undefined if it left nothing. */
  readonly left: WalStatus | undefined;
}

/** The moments that a cluster can be recovered to. Pure. */
export function clusterWindows({ cluster, standing, left }: SeenCluster, now: Date): ClusterWindowsShape {
  const { recoveryPointAt, archivedTo, archivedAt, lastBase, lastProved, openGaps } = standing;
  const open = new Set(openGaps);
  return {
    systemIdentifier: cluster.systemIdentifier,
    server: cluster.serverName ?? null,
    timeline: standing.timeline,
    windows: standing.windows.map(({ from, to, endsInGap }) => ({
      ...{ from: from.at.toISOString(), to: to.at.toISOString() },
      endsInGap,
    })),
    rpoSeconds: recoveryPointAt ? lossMs(recoveryPointAt, now) / 1000 : null,
    recoveryPointAt: iso(recoveryPointAt),
    archivedTo: archivedTo === undefined ? null : formatLsn(archivedTo),
    archivedAt: iso(archivedAt),
    lagBytes: standing.lagBytes ?? null,
    lastBaseAt: iso(lastBase?.stoppedAt),
    lastProvedAt: iso(lastProved?.verdictAt),
    gaps: standing.gaps.map((gap) => ({ from: formatLsn(gap.from), to: formatLsn(gap.to), open: open.has(gap) })),
    walBytes: standing.walBytes,
    baseBytes: standing.baseBytes,
    slot: left ? slotOf(left) : null,
  };
}

function slotOf(left: WalStatus): NonNullable<ClusterWindowsShape['slot']> {
  const { name, state, restartLsn, limitBytes, roomBytes } = left.slot;
  return {
    ...{ askedAt: left.askedAt, name, state, restartLsn: restartLsn ?? null },
    retainedBytes: retainedBytes(left) ?? null,
    ...{ limitBytes: limitBytes ?? null, roomBytes: roomBytes ?? null },
  };
}

function iso(at: Date | undefined): string | null {
  return at?.toISOString() ?? null;
}
