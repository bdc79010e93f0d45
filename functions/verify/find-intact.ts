import { compareBytes } from '../../layers/backup/corruption.ts';
import type { BackupName } from '../../layers/backup/keys.ts';
import type { StoredManifest } from '../../layers/backup/sealed-manifest.ts';
import type { Verdict } from '../../layers/backup/verdict.ts';
import { type Measured, measureBytes } from '../../layers/vault/measure-bytes.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import type { VerifyDeps } from './deps.ts';
import { findMisplaced } from './misplaced.ts';

/**
 * What can be found out of a sealed backup without an identity: whether its bytes are those that were stored. That proves
 * nothing of what they hold.
 *
 * @param why - it cannot be opened, a sentence
 * @throws {@link VaultError} if the bucket failed
 */
export async function findIntact(
  { vault, clock }: Pick<VerifyDeps, 'vault' | 'clock'>,
  name: BackupName,
  manifest: StoredManifest,
  why: string,
  signal: AbortSignal,
): Promise<Verdict> {
  const startedAt = clock();
  const reasons = findMisplaced(vault, name, manifest);
  const archive = reasons.length > 0 ? undefined : await measure(vault, manifest.archive.key, signal);
  if (reasons.length === 0) {
    const globals = await measure(vault, manifest.globals.key, signal);
    reasons.push(
      ...compareBytes('archive', manifest.archive, archive),
      ...compareBytes('globals', manifest.globals, globals),
    );
  }
  const verifiedAt = clock();
  return {
    format: 'pgvouch/verdict',
    formatVersion: 1,
    verdict: reasons.length > 0 ? 'corrupt' : 'intact',
    reasons: reasons.length > 0 ? reasons : [why],
    verifiedAt: verifiedAt.toISOString(),
    durationMs: Math.max(0, verifiedAt.getTime() - startedAt.getTime()),
    archiveKey: manifest.archive.key,
    sizeBytes: archive?.sizeBytes ?? 0,
    sha256: archive?.sha256 ?? '',
    client: '',
  };
}

/** Undefined if it is not there. */
async function measure(vault: Vault, key: string, signal: AbortSignal): Promise<Measured | undefined> {
  const bytes = await vault.getBytes(key, signal);
  if (bytes === undefined) return undefined;
  const { take, measured } = measureBytes(() => {});
  for await (const chunk of bytes) take(chunk);
  return measured();
}
