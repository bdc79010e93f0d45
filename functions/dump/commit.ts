import { ConfigError, VaultError } from '../../layers/backup/errors.ts';
import { type BackupName, manifestKey } from '../../layers/backup/keys.ts';
import { type Manifest, parseManifest } from '../../layers/backup/manifest.ts';
import type { Vault } from '../../layers/vault/vault.ts';

/**
 * The manifest that an earlier delivery of the same firing committed, if any.
 *
 * @throws {@link ConfigError} if it is of another server: two of them share a database name and a prefix
 */
export async function existingManifest(
  vault: Vault,
  name: BackupName,
  systemIdentifier: string | null,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const key = manifestKey(vault.prefix, name);
  const text = await vault.getText(key, signal);
  if (text === undefined) return undefined;
  const existing = parseManifest(text, key);
  if (existing.server.systemIdentifier !== systemIdentifier) {
    throw new ConfigError({
      operation: 'dump',
      subject: `"${name.database}"`,
      problem: `${key} is a backup of another server (system identifier ${existing.server.systemIdentifier}; this server has ${systemIdentifier})`,
      hint: 'two servers must not share a database name and a prefix: give each a BACKUP_PREFIX of its own',
    });
  }
  return existing;
}

/**
 * Writes the manifest, and with it the backup. Of two deliveries of one firing one wins; the other's archive is left
 * to the sweep.
 *
 * @returns the manifest that now stands there: ours, or the winner's
 */
export async function commitManifest(
  vault: Vault,
  manifest: Manifest,
  key: string,
  signal: AbortSignal,
): Promise<Manifest> {
  if (await vault.putNew(key, `${JSON.stringify(manifest, null, 2)}\n`, signal)) return manifest;
  // 412 is also what a retry meets if the first answer was lost: then what stands there is ours.
  const name = { database: manifest.database, firedAt: new Date(manifest.firedAt) };
  const existing = await existingManifest(vault, name, manifest.server.systemIdentifier, signal);
  if (existing) return existing;
  throw new VaultError({
    operation: 'write',
    subject: key,
    problem: 'the store says that it already exists, but it does not',
    hint: 'something may have deleted it just now; wait for the next try',
  });
}
