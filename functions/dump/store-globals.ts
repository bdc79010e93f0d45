import { createHash } from 'node:crypto';
import { type BackupName, globalsKey } from '../../layers/backup/keys.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import type { Deadline } from '../../layers/deadline/deadline.ts';
import type { Patience } from '../../layers/vault/patience.ts';
import type { Vault } from '../../layers/vault/vault.ts';

/** Writes the globals beside the archive; what the manifest says of them. */
export async function storeGlobals(
  vault: Vault,
  { database, firedAt, attempt, deadline }: BackupName & { readonly attempt: string; readonly deadline: Deadline },
  patience: Patience,
  sql: string,
  rolePasswords: boolean,
): Promise<Manifest['globals']> {
  const key = globalsKey(vault.prefix, { database, firedAt }, attempt);
  await patience.insist('write', key, () => vault.put(key, sql, deadline.signal));
  const sha256 = createHash('sha256').update(sql).digest('hex');
  return { key, sizeBytes: Buffer.byteLength(sql), sha256, rolePasswords };
}
