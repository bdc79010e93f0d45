import { isSealedKey } from '../backup/keys.ts';
import type { Vault } from '../vault/vault.ts';
import type { Identities } from './identities.ts';
import { type GetPart, type Part, type PartKey, readPartKey, unseal, unsealPart } from './unseal.ts';

/** Opens what is sealed, which the key tells; everything else passes as it is. */
export type Opener = (key: string, stored: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;

export function opener(identities: Identities): Opener {
  return (key, stored) => (isSealedKey(key) ? unseal(stored, identities, key) : stored);
}

/**
 * The vault as it would be if nothing were sealed: what is read as bytes is opened on the way, ranges of it too. Sizes and
 * hashes are not those of the bytes that are stored.
 */
export function openingVault(vault: Vault, identities: Identities): Vault {
  const open = opener(identities);
  // An archive is read in many ranges.
  const known = new Map<string, Promise<PartKey>>();
  return {
    ...vault,
    async getBytes(key, signal, range) {
      if (range === undefined || !isSealedKey(key)) {
        const bytes = await vault.getBytes(key, signal, range);
        return bytes && open(key, bytes);
      }
      const get = async (part: Part) => (await vault.getBytes(key, signal, part)) ?? none();
      const partKey = known.get(key) ?? keyOf(get, key);
      return unsealPart(get, range, await partKey, key);
    },
  };

  function keyOf(get: GetPart, key: string): Promise<PartKey> {
    const partKey = readPartKey(get, identities, key);
    known.set(key, partKey);
    partKey.catch(() => known.delete(key));
    return partKey;
  }
}

async function* none(): AsyncGenerator<Buffer> {}
