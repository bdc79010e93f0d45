import { isSealedKey } from '../backup/keys.ts';
import type { Opener, Vault } from '../vault/vault.ts';
import { type Identities, NO_IDENTITIES } from './identities.ts';
import { type GetPart, type Part, type PartKey, readPartKey, unseal, unsealPart } from './unseal.ts';

export function opener(identities: Identities): Opener {
  return (key, stored) => (isSealedKey(key) ? unseal(stored, identities, key) : stored);
}

/** The vault with what opens its objects, for whoever looks at the stored bytes first. */
export function withIdentities(vault: Vault, identities: Identities | undefined): Vault {
  return identities ? { ...vault, open: opener(identities) } : vault;
}

/** What was sealed in an object, or the object as it is. @throws {@link CannotOpen} as it is read, without identities */
export function opened(
  { open = OPENS_NOTHING }: { readonly open?: Opener | undefined },
  key: string,
  stored: AsyncIterable<Buffer>,
): AsyncIterable<Buffer> {
  return open(key, stored);
}

const OPENS_NOTHING = opener(NO_IDENTITIES);

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
