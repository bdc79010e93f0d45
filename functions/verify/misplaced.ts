import { formatFiredAt } from '../../layers/backup/instant.ts';
import { type BackupName, backupFolder } from '../../layers/backup/keys.ts';
import type { StoredManifest } from '../../layers/backup/sealed-manifest.ts';
import { parseSharedGlobalsKey } from '../../layers/backup/shared-globals-key.ts';
import type { Vault } from '../../layers/vault/vault.ts';

/** A manifest copied to another place, by hand or by a sync gone wrong, vouches for nothing there. */
export function findMisplaced(vault: Vault, name: BackupName, manifest: StoredManifest): string[] {
  const folder = backupFolder(vault.prefix, name);
  const own =
    manifest.database === name.database &&
    formatFiredAt(new Date(manifest.firedAt)) === formatFiredAt(name.firedAt) &&
    manifest.archive.key.startsWith(folder) &&
    (manifest.globals.key.startsWith(folder) || isOfFiring(vault, manifest.globals.key, name.firedAt));
  return own ? [] : [`The manifest belongs to another backup: "${manifest.database}" fired at ${manifest.firedAt}.`];
}

/** Globals that the databases of one firing share. */
function isOfFiring(vault: Vault, key: string, firedAt: Date): boolean {
  return parseSharedGlobalsKey(vault.prefix, key)?.firedAt.getTime() === firedAt.getTime();
}
