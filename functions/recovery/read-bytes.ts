import { mapBounded } from '../../layers/backup/map-bounded.ts';
import { inParts } from '../../layers/recovery/in-parts.ts';
import { readWalObject } from '../../layers/recovery/wal-bytes.ts';
import { checkedBytes, WrongObject } from '../../layers/vault/checked-bytes.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import type { WalObject } from '../../layers/wal/holdings.ts';
import { baseFileKey } from '../../layers/wal/keys.ts';
import type { StoredBase } from '../../layers/wal/stored-base.ts';

/** Segments in memory at once. */
const AT_ONCE = 4;

/**
 * Reads every byte of the files of base backups, and compares them with what was recorded.
 *
 * @returns what is wrong, a sentence; undefined if nothing is
 * @throws {@link VaultError} if the store fails
 */
export async function readBaseFiles(
  vault: Vault,
  chain: readonly StoredBase[],
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const { base, startedAt } of chain) {
    const name = { systemIdentifier: base.systemIdentifier, startedAt };
    for (const { file, sizeBytes, sha256 } of [...base.tablespaces, base.manifest]) {
      const key = baseFileKey(vault.prefix, name, base.attempt, file);
      try {
        const bytes = checkedBytes(inParts(vault, key, sizeBytes, signal), { key, sizeBytes, sha256 }, '', () => {});
        for await (const _ of bytes);
      } catch (error) {
        if (!(error instanceof WrongObject)) throw error;
        return `${key}: ${error.problem}.`;
      }
    }
  }
  return undefined;
}

/**
 * Reads and decompresses WAL.
 *
 * @returns the first object that is not what its name says; undefined if there is none
 * @throws {@link VaultError} if the store fails
 */
export async function readWal(
  vault: Vault,
  objects: readonly WalObject[],
  segmentSizeBytes: number,
  signal: AbortSignal,
): Promise<{ readonly object: WalObject; readonly problem: string } | undefined> {
  let first = objects.length;
  let problem = '';
  await mapBounded([...objects.entries()], AT_ONCE, async ([index, object]) => {
    signal.throwIfAborted();
    if (index > first) return;
    try {
      await readWalObject(vault, object, segmentSizeBytes, signal);
    } catch (error) {
      if (!(error instanceof WrongObject)) throw error;
      if (index < first) [first, problem] = [index, error.problem];
    }
  });
  const object = objects[first];
  return object && { object, problem };
}
