import type { Entry } from '../backup/catalog.ts';
import type { Manifest } from '../backup/manifest.ts';
import { parseStoredManifest, type StoredManifest } from '../backup/sealed-manifest.ts';
import type { Vault } from '../vault/vault.ts';

/** Of one database, so many are looked at: a dump of another server may lie between them. */
const MOST_LOOKED_AT = 20;

/**
 * The manifests of a cluster's dumps of one database, newest first. Each is read as it is asked for.
 *
 * @param entries - of the database, as the catalog has them
 * @param open - opens what is sealed; undefined for one that cannot be opened, which is passed over
 * @throws {@link VaultError} if one cannot be read
 */
export async function* clusterManifests(
  vault: Vault,
  entries: readonly Entry[],
  systemIdentifier: string,
  signal: AbortSignal,
  open: (stored: StoredManifest, key: string) => Promise<Manifest | undefined>,
): AsyncGenerator<Manifest> {
  for (const { manifest: object } of entries.filter((entry) => entry.manifest).slice(0, MOST_LOOKED_AT)) {
    const text = object && (await vault.getText(object.key, signal));
    if (object === undefined || text === undefined) continue;
    const stored = parseStoredManifest(text, object.key);
    if (stored.server.systemIdentifier !== systemIdentifier) continue;
    const manifest = await open(stored, object.key);
    if (manifest) yield manifest;
  }
}
