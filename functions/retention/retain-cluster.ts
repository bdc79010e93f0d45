import type { ClusterReport } from '../../layers/backup/retention-report.ts';
import { readCluster } from '../../layers/catalog/read-cluster.ts';
import type { UnfinishedUpload } from '../../layers/vault/unfinished-uploads.ts';
import type { Cluster } from '../../layers/wal/cluster.ts';
import { parseClusterKey } from '../../layers/wal/keys.ts';
import type { StoredBase } from '../../layers/wal/stored-base.ts';
import {
  planWalRemoval,
  planWalRetention,
  type Decision as WalDecision,
  type WalRetentionPlan,
} from '../../layers/wal/wal-retention.ts';
import { applyPolicy, noPolicyCounts } from './apply-policy.ts';
import { type BaseCandidate, baseCandidates, baseSubject, isLeaving } from './base-candidate.ts';
import { removeWal } from './remove-wal.ts';
import type { Run } from './run.ts';
import { sweepUpload } from './sweep.ts';
import { sweepBase } from './sweep-base.ts';

/** A report while it is being counted. */
export type Counts = { -readonly [K in keyof ClusterReport]: ClusterReport[K] };

/**
 * Does everything that retention does for one cluster. WAL stays until the base backups that need it are gone, and not
 * only retired: undoing a retirement brings back every moment.
 *
 * @param problems - takes what went wrong: then the rest of this cluster is left alone
 */
export async function retainCluster(
  run: Run,
  cluster: Cluster,
  uploads: readonly UnfinishedUpload[],
  problems: unknown[],
): Promise<ClusterReport> {
  const { vault, options } = run;
  const { systemIdentifier, serverName } = cluster;
  const counts: Counts = {
    ...{ systemIdentifier, ...(serverName !== undefined && { serverName }), ...noPolicyCounts() },
    ...{ removedWal: 0, swept: { files: 0, leftovers: 0, uploads: 0 } },
  };
  try {
    const stored = await readCluster(vault, cluster);
    const candidates = await baseCandidates(vault, stored);
    const leaving = candidates.filter(isLeaving);
    const bases = candidates.filter((one) => !leaving.includes(one)).map((one) => one.stored);
    const archive = { ...stored, bases };
    const plan = planWalRetention(archive, { days: stored.windowDays }, options.now);
    if (stored.windowDays === undefined) run.log.warn({ systemIdentifier }, UNSAID);
    await applyPolicy(run, { systemIdentifier }, subjectsOf(run, plan, candidates, leaving), counts);
    const going = planWalRemoval(archive, bases, run.earliest);
    await removeWal(run, cluster, going);
    counts.removedWal = going.length;
    for (const entry of stored.entries) await sweepBase(run, systemIdentifier, entry, bases, counts.swept);
    for (const upload of uploads) {
      const parsed = parseClusterKey(vault.prefix, upload.key);
      if (parsed?.kind === 'base-file' && parsed.systemIdentifier === systemIdentifier) {
        await sweepUpload(run, upload, counts.swept);
      }
    }
  } catch (error) {
    problems.push(error);
  }
  return counts;
}

const UNSAID =
  'nobody has said how far back this cluster is to be recovered: all its base backups stay until wal or base runs, see docs/retention.md';

function subjectsOf(
  { vault }: Run,
  { keep, retire }: WalRetentionPlan,
  candidates: readonly BaseCandidate[],
  leaving: readonly BaseCandidate[],
) {
  const planned = ({ what, reasons }: WalDecision<StoredBase>) =>
    candidates
      .filter(({ stored }) => stored === what)
      .map((candidate) => ({ subject: baseSubject(vault, candidate), reasons }));
  return {
    keep: keep.flatMap(planned),
    letGo: retire.flatMap(planned),
    leaving: leaving.map((candidate) => baseSubject(vault, candidate)),
  };
}
