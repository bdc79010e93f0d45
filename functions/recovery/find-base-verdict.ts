import { isSealedKey } from '../../layers/backup/keys.ts';
import type { StoredCluster } from '../../layers/catalog/read-cluster.ts';
import { neededBytes, shortOfRoom } from '../../layers/recovery/scratch-needs.ts';
import { CannotOpen } from '../../layers/seal/identities.ts';
import { opened } from '../../layers/seal/opening-vault.ts';
import type { BaseVerdict } from '../../layers/wal/base-verdict.ts';
import { baseFileKey } from '../../layers/wal/keys.ts';
import { formatLsn } from '../../layers/wal/lsn.ts';
import { fullChainOf, type StoredBase } from '../../layers/wal/stored-base.ts';
import type { RecoveryDeps } from './deps.ts';
import type { BaseDrill } from './drill.ts';
import { corrupt, type Finding, fromDamage, intact, readable } from './finding.ts';
import { readBaseFiles, readWal } from './read-bytes.ts';
import { knownTooLong, neverEnds, timed, tooLongWords } from './time-up.ts';
import { tryRecovery } from './try-recovery.ts';
import { wayFrom } from './way.ts';

/**
 * Finds out what a base backup and the WAL after it are worth: recovers with them in a scratch place, to the end of the WAL
 * if nothing is in the way; or else reads every byte.
 *
 * A gap, or WAL that is damaged, makes it `corrupt` from there on: recovery to before that stays possible.
 *
 * @throws {@link VaultError} if the bucket failed, {@link ConfigError} if nothing was found out, and another try may; or
 *   if a drill that ran out of time says that none will
 */
export async function findBaseVerdict(
  deps: RecoveryDeps,
  stored: StoredCluster,
  start: StoredBase,
  signal: AbortSignal,
): Promise<BaseVerdict> {
  const startedAt = deps.clock();
  const finding = await find(deps, stored, start, signal);
  const verifiedAt = deps.clock();
  const { base } = start;
  return {
    ...{ format: 'pgvouch/base-verdict', formatVersion: 1, systemIdentifier: base.systemIdentifier },
    ...{ startedAt: base.startedAt, attempt: base.attempt, ...finding },
    verifiedAt: verifiedAt.toISOString(),
    durationMs: Math.max(0, verifiedAt.getTime() - startedAt.getTime()),
  };
}

async function find(
  deps: RecoveryDeps,
  stored: StoredCluster,
  start: StoredBase,
  signal: AbortSignal,
): Promise<Finding> {
  const way = wayFrom(stored, start);
  const chain = fullChainOf(start, stored.bases);
  if (chain === undefined) return corrupt('The base backup that it is an increment of is not there.');
  const { to } = way.stretch;
  if (to < start.stopLsn) {
    return corrupt(`The WAL of its own time is not all there: it is missing from ${formatLsn(to)} on.`);
  }
  const finding = await recoverOrRead(deps, stored, { start, chain, way, signal });
  return way.gap && finding.verdict !== 'unrestorable' ? beforeGap(finding, way.gap) : finding;
}

async function recoverOrRead(deps: RecoveryDeps, stored: StoredCluster, drill: BaseDrill): Promise<Finding> {
  const { place } = deps;
  const { chain, way } = drill;
  const sealed = await whySealed(deps, drill);
  if (sealed !== undefined) return readSealed(deps, drill, sealed);
  const segments = way.stretch.objects.length;
  const short = place && shortOfRoom(place, neededBytes(chain, segments, stored.cluster.segmentSizeBytes));
  const tooLong = await knownTooLong(deps, drill);
  if (tooLong?.tried === 'reading') throw neverEnds(drill.start, tooLong);
  const read = (why: string) => timed(deps, drill, 'reading', () => readOnly(deps, stored, drill, why));
  if (place === undefined) return read('No recovery was tried.');
  if (short !== undefined) return read(`No recovery was tried: ${short}.`);
  if (tooLong !== undefined) return read(tooLongWords(tooLong));
  const tried = await timed(deps, drill, 'recovery', () => tryRecovery({ ...deps, place }, stored, drill));
  return typeof tried === 'string' ? read(tried) : tried;
}

/** Whether it is sealed, and no identity here opens it: a sentence then. */
async function whySealed({ vault }: RecoveryDeps, { start: { base, startedAt }, signal }: BaseDrill) {
  const { file } = base.manifest;
  if (!isSealedKey(file)) return undefined;
  const key = baseFileKey(vault.prefix, { systemIdentifier: base.systemIdentifier, startedAt }, base.attempt, file);
  try {
    const stored = await vault.getBytes(key, signal);
    for await (const _ of stored ? opened(vault, key, stored) : []) break;
    return undefined;
  } catch (error) {
    // Whatever else is wrong with it is found out below.
    if (!(error instanceof CannotOpen)) return undefined;
    return `It is sealed, and no identity that recovery has opens it: nobody has looked at what it holds.`;
  }
}

/** The files are those that were stored. Of WAL nothing is recorded: it is there, and can be read. */
async function readSealed({ vault }: RecoveryDeps, { chain, way, signal }: BaseDrill, why: string): Promise<Finding> {
  const wrong = await readBaseFiles(vault, chain, signal);
  if (wrong !== undefined) return corrupt(wrong);
  for (const { key } of way.stretch.objects) {
    const bytes = await vault.getBytes(key, signal);
    if (bytes === undefined) return corrupt(`${key}: it is missing, though a listing has it.`);
    for await (const _ of bytes);
  }
  return intact([why]);
}

/** @param why - no recovery was tried, a sentence */
async function readOnly(
  { vault }: RecoveryDeps,
  { cluster }: StoredCluster,
  { start, chain, way, signal }: BaseDrill,
  why: string,
): Promise<Finding> {
  const wrong = await readBaseFiles(vault, chain, signal);
  if (wrong !== undefined) return corrupt(wrong);
  const damage = await readWal(vault, way.stretch.objects, cluster.segmentSizeBytes, signal);
  if (damage !== undefined) return fromDamage(damage, start, cluster.segmentSizeBytes);
  return readable([why, `All of its files and ${way.stretch.objects.length} objects of WAL were read.`]);
}

/** Of two, the position that comes first counts. */
function beforeGap(finding: Finding, { from, to }: { readonly from: bigint; readonly to: bigint }): Finding {
  if (finding.verdict === 'corrupt') return finding;
  const { reasons } = finding;
  const gap = `WAL is missing from ${formatLsn(from)} to ${formatLsn(to)}: nothing later can be recovered with it.`;
  return { ...finding, verdict: 'corrupt', reasons: [gap, ...reasons], goodUntil: formatLsn(from) };
}
