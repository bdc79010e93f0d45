import { VaultError } from '../../layers/backup/errors.ts';
import { type BackupName, manifestKey } from '../../layers/backup/keys.ts';
import { parseStoredManifest, type StoredManifest } from '../../layers/backup/sealed-manifest.ts';
import { whyNotSurelySame } from '../../layers/backup/server-identity.ts';
import type { Patience } from '../../layers/vault/patience.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import { anotherServer, type Here } from './same-server.ts';

/**
 * The manifest that an earlier delivery of the same firing committed, if any.
 *
 * @throws {@link ConfigError} if it is of another server, or may be: two of them share a database name and a prefix
 */
export async function existingManifest(
  vault: Vault,
  name: BackupName,
  here: Here,
  signal: AbortSignal,
): Promise<StoredManifest | undefined> {
  const key = manifestKey(vault.prefix, name);
  const text = await vault.getText(key, signal);
  if (text === undefined) return undefined;
  const existing = parseStoredManifest(text, key);
  const why = whyNotSurelySame(existing, here);
  if (why !== undefined) throw anotherServer(name.database, here, why);
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
  manifest: StoredManifest & { readonly server: Here },
  key: string,
  { signal, patience }: { readonly signal: AbortSignal; readonly patience: Patience },
): Promise<StoredManifest> {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const written = await patience.insist('write', key, () => vault.putNew(key, text, signal));
  // AWS keeps its word. Another store may have let a second delivery write over ours, or ours over its.
  if (written && vault.config.server === undefined) return manifest;
  // A retry meets its own if the first answer was lost.
  const name = { database: manifest.database, firedAt: new Date(manifest.firedAt) };
  const existing = await patience.insist('read', key, () => existingManifest(vault, name, manifest.server, signal));
  if (existing) return existing;
  throw new VaultError({
    operation: 'write',
    subject: key,
    problem: 'the store says that it already exists, but it does not',
    hint: 'something may have deleted it just now; wait for the next try',
  });
}
