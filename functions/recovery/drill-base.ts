import { ConfigError, VaultError } from '../../layers/backup/errors.ts';
import { isBad } from '../../layers/backup/verdict.ts';
import type { StoredCluster } from '../../layers/catalog/read-cluster.ts';
import { type BaseVerdict, parseBaseVerdict, renewedVerdict } from '../../layers/wal/base-verdict.ts';
import { baseVerdictKey } from '../../layers/wal/keys.ts';
import type { StoredBase } from '../../layers/wal/stored-base.ts';
import type { RecoveryDeps } from './deps.ts';
import { findBaseVerdict } from './find-base-verdict.ts';
import { handOver } from './hand-over.ts';

/** Which base backup, and when a drill of it is one of this firing. */
export interface DrillRequest {
  readonly stored: StoredCluster;
  readonly base: StoredBase;
  /** A verdict that was found since then stands: deliveries may repeat. Undefined to drill in any case. */
  readonly since: Date | undefined;
  readonly signal: AbortSignal;
}

/**
 * Finds the verdict on one base backup, with the WAL that has come after it until now, and writes it down.
 *
 * @returns the verdict, good or bad; of one that only proved less than before, the verdict that stands, with `again`;
 *   undefined if a task takes it over
 * @throws {@link VaultError} if the bucket failed, {@link ConfigError} if nothing was found out and another try may, or no
 *   task takes it over
 */
export async function drillBase(
  deps: RecoveryDeps,
  { stored, base, since, signal }: DrillRequest,
): Promise<BaseVerdict | undefined> {
  const { vault, log, task } = deps;
  const { systemIdentifier } = base.base;
  const name = { systemIdentifier, startedAt: base.startedAt };
  const facts = { cluster: systemIdentifier, base: base.startedAt.toISOString() };
  const known = base.verdict && (await knownVerdict(deps, baseVerdictKey(vault.prefix, name, base.verdict)));
  const isOfIt = known?.attempt === base.base.attempt;
  if (known !== undefined && isOfIt && since !== undefined && new Date(known.verifiedAt) >= since) {
    log.info({ ...facts, verdict: known.verdict }, 'already verified');
    return known;
  }
  if (task && (await handOver({ ...deps, task }, stored, base, { since, signal }))) return undefined;
  const found = await findBaseVerdict(deps, stored, base, signal);
  const verdict = renewedVerdict(known, found);
  if (verdict.again !== undefined) {
    // Written anew, the proof would look as if it were of today.
    log.warn({ ...facts, ...verdict.again }, 'this drill proved less than the one before, whose verdict stands');
    return verdict;
  }
  await vault.put(baseVerdictKey(vault.prefix, name, verdict.verdict), `${JSON.stringify(verdict, null, 2)}\n`);
  log[isBad(verdict.verdict) ? 'error' : 'info']({ ...facts, ...verdict }, 'verified');
  return verdict;
}

/** The verdict that stands; undefined if nobody understands it: then the new one takes its place. */
async function knownVerdict({ vault, log }: RecoveryDeps, key: string): Promise<BaseVerdict | undefined> {
  const text = await vault.getText(key);
  if (text === undefined) return undefined;
  try {
    return parseBaseVerdict(text, key);
  } catch (error) {
    if (!(error instanceof VaultError || error instanceof ConfigError)) throw error;
    log.warn({ err: error, key }, 'the verdict cannot be read: the new one takes its place');
    return undefined;
  }
}
