import type { RecoveryFired } from '../../events/recovery-fired.ts';
import { textOf } from '../../layers/backup/errors.ts';
import { isBad, type VerdictName } from '../../layers/backup/verdict.ts';
import { readCluster, readClusters, type StoredCluster } from '../../layers/catalog/read-cluster.ts';
import { badBaseError } from '../../layers/wal/bad-base.ts';
import { continuityOf } from '../../layers/wal/continuity.ts';
import { formatLsn } from '../../layers/wal/lsn.ts';
import { newestBase, type StoredBase } from '../../layers/wal/stored-base.ts';
import type { RecoveryDeps } from './deps.ts';
import { drillBase } from './drill-base.ts';

/** What a drill found. */
export interface Recovery {
  readonly cluster: string;
  readonly base: string;
  readonly verdict: VerdictName;
}

/**
 * Recovers with the base backups that an event names; or with the newest of every cluster. One that fails does not keep the
 * next from its verdict; what went wrong is thrown at the end.
 *
 * @param signal - when it aborts, the drill under way fails. The next run does the rest
 * @returns what is proved, now or before
 */
export async function recovery(deps: RecoveryDeps, fired: RecoveryFired, signal: AbortSignal): Promise<Recovery[]> {
  const errors: unknown[] = [];
  const proved: Recovery[] = [];
  for (const cluster of await readClusters(deps.vault, signal)) {
    if (fired.kind === 'bases' && !fired.names.some((one) => one.systemIdentifier === cluster.systemIdentifier))
      continue;
    if (fired.kind === 'newest' && (fired.cluster ?? cluster.systemIdentifier) !== cluster.systemIdentifier) continue;
    try {
      const stored = await readCluster(deps.vault, cluster, signal);
      tellOfGaps(deps, stored);
      for (const { base, since } of chosenOf(fired, stored)) {
        const found = await drillBase(deps, { stored, base, since, signal });
        if (found === undefined) continue;
        // A stored one is raised again on every delivery, so that no retry turns an alarm into a success.
        if (isBad(found.verdict)) throw badBaseError(found);
        const { systemIdentifier, startedAt, verdict } = found;
        proved.push({ cluster: systemIdentifier, base: startedAt, verdict });
      }
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length === 0) return proved;
  // Each was logged where it happened; the first speaks for all.
  for (const error of errors.slice(1)) deps.log.error({ err: error }, `also failed: ${textOf(error)}`);
  throw errors[0];
}

/** With it, since when a verdict counts as one of this firing. */
function chosenOf(fired: RecoveryFired, stored: StoredCluster): { base: StoredBase; since: Date | undefined }[] {
  if (fired.kind === 'newest') {
    const newest = newestBase(stored.bases);
    return newest === undefined ? [] : [{ base: newest, since: fired.firedAt }];
  }
  const { systemIdentifier } = stored.cluster;
  const startedAt = fired.names.filter((one) => one.systemIdentifier === systemIdentifier).map((one) => one.startedAt);
  const named = stored.bases.filter((base) => startedAt.some((at) => at.getTime() === base.startedAt.getTime()));
  // Any verdict that stands on a new one is of an earlier delivery.
  return named.map((base) => ({ base, since: fired.as === 'new' ? new Date(0) : undefined }));
}

/** Of older base backups, too: their drills were before the gap. */
function tellOfGaps({ log }: RecoveryDeps, stored: StoredCluster): void {
  const { gaps, withoutHistory } = continuityOf(stored);
  const { systemIdentifier } = stored.cluster;
  for (const { timeline, from, to } of gaps) {
    const gap = { from: formatLsn(from), to: formatLsn(to) };
    log.error({ cluster: systemIdentifier, timeline, ...gap }, 'WAL is missing: it is corrupt from there on');
  }
  if (withoutHistory.length > 0) {
    const facts = { cluster: systemIdentifier, timelines: withoutHistory };
    log.error(facts, 'timelines lack their history: no base backup of an older one leads to them');
  }
}
