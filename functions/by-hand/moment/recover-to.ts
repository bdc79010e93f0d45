import { readWalStatus } from '../../../layers/catalog/read-wal-status.ts';
import { readReplayed } from '../../../layers/postgres/contents/read-replayed.ts';
import type { RecoveringServer } from '../../../layers/postgres/places/recovering-server.ts';
import type { ScratchCluster, ServerPlace } from '../../../layers/recovery/scratch-cluster.ts';
import { endsEarly } from '../../../layers/recovery/wal-end.ts';
import type { WalObject } from '../../../layers/wal/holdings.ts';
import { formatLsn, parseLsn } from '../../../layers/wal/lsn.ts';
import type { RecoveryPlan } from '../../../layers/wal/recovery-plan.ts';
import { secondUtc } from '../../../layers/words/instants.ts';
import { damaged, doubtOf, explained, isAfterTheLastCommit } from './explain-recovery.ts';
import type { MomentDeps, MomentRequest } from './request.ts';

export interface Recovered {
  readonly server: RecoveringServer;
  /** When the last transaction was committed that was replayed; undefined if none was after the base backup. */
  readonly lastCommitAt: Date | undefined;
}

/**
 * Recovers to the plan's target, and opens the cluster there. A time after the last commit is reached where the WAL ends,
 * which PostgreSQL takes for a failure: then it is recovered to the end, which is said.
 *
 * @throws {@link DumpError} if PostgreSQL does not recover, {@link VaultError} if the WAL is damaged or the bucket fails
 */
export async function recoverTo(
  { vault, onRemark }: MomentDeps,
  { stored, plan, signal }: MomentRequest,
  cluster: ScratchCluster,
  objects: readonly WalObject[],
  place: ServerPlace,
): Promise<Recovered> {
  const start = async (to: RecoveryPlan) => {
    const server = await cluster.start(to, { ...place, pause: false, settings: SETTINGS });
    await server.settled().catch(async (error) => {
      await server.kill();
      throw error;
    });
    return server;
  };
  let { toTheEnd } = plan;
  let server: RecoveringServer;
  try {
    server = await start(plan).catch((error) => {
      if (cluster.feed.failure() !== undefined || cluster.feed.damage() !== undefined) throw error;
      if (!isAfterTheLastCommit(error, plan)) throw error;
      toTheEnd = true;
      return start({ ...plan, toTheEnd });
    });
  } catch (error) {
    signal.throwIfAborted();
    throw explained(error, cluster.feed, plan);
  }
  try {
    const { lsn, lastCommitAt } = await readReplayed(server.target);
    const { segmentSizeBytes } = stored.cluster;
    const walRead = { objects, to: plan.window.to.lsn, segmentSizeBytes };
    if (toTheEnd && (await endsEarly(vault, walRead, parseLsn(lsn) ?? 0n, signal))) {
      throw damaged(`a record at ${lsn} is broken, though the WAL goes on to ${formatLsn(plan.window.to.lsn)}`);
    }
    const failure = cluster.feed.failure();
    if (failure !== undefined) throw failure;
    if (toTheEnd && !plan.toTheEnd) {
      const last = lastCommitAt === undefined ? '' : `; the last commit was at ${secondUtc(lastCommitAt)}`;
      onRemark(`! the WAL in the bucket has no commit after that moment, so its end is that moment${last}`);
      const status = await readWalStatus(vault, stored.cluster.systemIdentifier, signal);
      for (const doubt of doubtOf(plan, status?.caughtUpAt)) onRemark(`! ${doubt}`);
    }
    return { server, lastCommitAt };
  } catch (error) {
    await server.kill();
    throw error;
  }
}

/**
 * Nobody asks before recovery is over. Without hot standby no setting must be as high as on the primary, but this one:
 * transactions that were prepared come back.
 *
 * @see https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-ADMIN
 */
const SETTINGS = { hot_standby: 'off', max_prepared_transactions: '1000' } as const;
