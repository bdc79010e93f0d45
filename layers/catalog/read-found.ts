import { PgvouchError } from '../backup/errors.ts';
import { type FoundDatabases, parseFoundDatabases } from '../backup/found-databases.ts';
import { foundDatabasesKey } from '../backup/keys.ts';
import type { Vault } from '../vault/vault.ts';

/**
 * Which databases the server had when it was last asked.
 *
 * @param unreadable - gives what counts instead of a document that is damaged, or that a newer pgvouch wrote
 * @returns undefined if nobody has asked yet
 * @throws {@link VaultError} if the vault does not answer, and what `unreadable` throws
 */
export async function readFound(
  vault: Pick<Vault, 'prefix' | 'getText'>,
  unreadable: (error: PgvouchError) => FoundDatabases | undefined,
  signal?: AbortSignal,
): Promise<FoundDatabases | undefined> {
  const key = foundDatabasesKey(vault.prefix);
  const text = await vault.getText(key, signal);
  try {
    return text === undefined ? undefined : parseFoundDatabases(text, key);
  } catch (error) {
    if (error instanceof PgvouchError) return unreadable(error);
    throw error;
  }
}
