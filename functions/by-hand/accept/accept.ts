import type { Accepted } from '../../../layers/backup/accepted.ts';
import { acceptedKey } from '../../../layers/backup/keys.ts';
import type { Backup } from '../../../layers/catalog/backups.ts';
import type { Vault } from '../../../layers/vault/vault.ts';

/**
 * Accepts that a database holds next to nothing of what it did: the alarm ends, and retention goes on. Later backups are
 * compared with this one.
 *
 * @param backup - the newest of its database
 * @returns false if there is nothing to accept; nothing is written then
 */
export async function accept(
  vault: Vault,
  { entry, manifest }: Backup,
  by: Pick<Accepted, 'acceptedAt' | 'by' | 'reason'>,
): Promise<boolean> {
  if (manifest.fall === undefined) return false;
  const accepted: Accepted = { format: 'pgvouch/accepted', formatVersion: 1, ...by };
  await vault.put(acceptedKey(vault.prefix, entry), `${JSON.stringify(accepted, null, 2)}\n`);
  return true;
}
