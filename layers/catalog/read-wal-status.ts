import type { Vault } from '../vault/vault.ts';
import { walStatusKey } from '../wal/keys.ts';
import { parseWalStatus, type WalStatus } from '../wal/wal-status.ts';

/**
 * How wal last found a cluster's server; undefined if it left nothing.
 *
 * @throws {@link VaultError} if it cannot be read
 */
export async function readWalStatus(
  vault: Vault,
  systemIdentifier: string,
  signal?: AbortSignal,
): Promise<WalStatus | undefined> {
  const key = walStatusKey(vault.prefix, systemIdentifier);
  const text = await vault.getText(key, signal);
  return text === undefined ? undefined : parseWalStatus(text, key);
}
