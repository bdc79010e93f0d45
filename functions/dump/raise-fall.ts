import { DumpError } from '../../layers/backup/errors.ts';
import { contentsOf } from '../../layers/backup/fall.ts';
import { formatFiredAt } from '../../layers/backup/instant.ts';
import { acceptedKey } from '../../layers/backup/keys.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import { count } from '../../layers/words/counts.ts';

/**
 * The alarm for a backup that holds next to nothing of what was there: thrown once the backup is stored, at every delivery
 * of its firing, so that the platform's failure path tells people. Not once a person has accepted it.
 *
 * @returns the manifest, if nothing is wrong with it
 * @throws {@link DumpError} that says how little is left, and of what
 */
export async function raiseFall({ vault }: { readonly vault: Vault }, manifest: Manifest): Promise<Manifest> {
  const { database, fall, tables } = manifest;
  if (fall === undefined) return manifest;
  const name = { database, firedAt: new Date(manifest.firedAt) };
  if ((await vault.getText(acceptedKey(vault.prefix, name))) !== undefined) return manifest;
  const holds = ({ rows, tables: number }: { rows: number; tables: number }) =>
    `${count(rows, 'row')} in ${count(number, 'table')}`;
  throw new DumpError({
    operation: 'dump',
    subject: `"${database}"`,
    problem: `the backup is stored, but it holds next to nothing: ${holds(contentsOf(tables))}; the backup of ${formatFiredAt(new Date(fall.since))} has ${holds(fall)}`,
    hint: `is it the right database, and who emptied it? If it is meant to hold so little, run: npx pgvouch accept --database ${JSON.stringify(database)}. Until then, retention removes nothing of it`,
  });
}
