import { DumpError } from '../../layers/backup/errors.ts';
import { contentsOf } from '../../layers/backup/fall.ts';
import { formatFiredAt } from '../../layers/backup/instant.ts';
import { acceptedKey } from '../../layers/backup/keys.ts';
import type { StoredManifest } from '../../layers/backup/sealed-manifest.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import { fallWords } from '../../layers/words/fall.ts';

/**
 * The alarm for a backup that holds next to nothing of what was there: thrown once the backup is stored, at every delivery
 * of its firing, so that the platform's failure path tells people. Not once a person has accepted it.
 *
 * @returns the manifest, if nothing is wrong with it
 * @throws {@link DumpError} that says how little is left, and of what
 */
export async function raiseFall(
  { vault }: { readonly vault: Vault },
  manifest: StoredManifest,
): Promise<StoredManifest> {
  const { database, fall, tables } = manifest;
  if (fall === undefined) return manifest;
  const name = { database, firedAt: new Date(manifest.firedAt) };
  if ((await vault.getText(acceptedKey(vault.prefix, name))) !== undefined) return manifest;
  const holds = tables ? `: ${fallWords({ since: manifest.firedAt, ...contentsOf(tables) })}` : '';
  throw new DumpError({
    operation: 'dump',
    subject: `"${database}"`,
    problem: `the backup is stored, but it holds next to nothing${holds}; the backup of ${formatFiredAt(new Date(fall.since))} has ${fallWords(fall)}`,
    hint: `is it the right database, and who emptied it? If it is meant to hold so little, run: npx pgvouch accept --database ${JSON.stringify(database)}. Until then, retention removes nothing of it`,
  });
}
