import { textOf, VaultError } from '../backup/errors.ts';
import { type Manifest, parseManifest } from '../backup/manifest.ts';
import { isOwnPart, isSealed, openPart, type SealedManifest, type StoredManifest } from '../backup/sealed-manifest.ts';
import { BrokenSeal, CHOOSE_ANOTHER } from './broken-seal.ts';
import { CannotOpen, type Identities } from './identities.ts';
import type { Recipients } from './recipients.ts';
import { sealBytes } from './seal.ts';
import { unsealBytes } from './unseal.ts';

/** Seals what a manifest tells of the data. The rest stays as it is: see `sealed-manifest.ts`. */
export async function sealManifest(manifest: Manifest, recipients: Recipients): Promise<SealedManifest> {
  const { armor } = await import('age-encryption');
  const whole = Buffer.from(JSON.stringify(manifest));
  return openPart(manifest, armor.encode(sealBytes(whole, await recipients.begin())));
}

/**
 * The whole manifest, whether it is sealed or not.
 *
 * @param key - its own, for errors
 * @throws {@link BrokenSeal} if it was changed, {@link VaultError} if its open part is that of another manifest,
 * {@link ConfigError} if no identity opens it
 */
export async function openManifest(stored: StoredManifest, identities: Identities, key: string): Promise<Manifest> {
  if (!isSealed(stored)) return stored;
  const { armor } = await import('age-encryption');
  const file = () => Buffer.from(armor.decode(stored.sealed));
  const manifest = parseManifest(String(await unsealBytes(decoded(file, key), identities, key)), key);
  if (isOwnPart(stored, manifest)) return manifest;
  throw new VaultError({
    operation: 'open',
    subject: key,
    problem: 'what is sealed in it is of another backup than what stands beside it',
    hint: 'somebody changed it: choose another backup',
  });
}

function decoded(decode: () => Buffer, key: string): Buffer {
  try {
    return decode();
  } catch (error) {
    const problem = `the armor of what is sealed in it is damaged: ${textOf(error)}`;
    throw new BrokenSeal({ operation: 'open', subject: key, problem, hint: CHOOSE_ANOTHER });
  }
}

/** The same, for whoever can do without those that no identity opens: they are undefined. */
export function openIfPossible(identities: Identities) {
  return async (stored: StoredManifest, key: string): Promise<Manifest | undefined> => {
    try {
      return await openManifest(stored, identities, key);
    } catch (error) {
      if (!(error instanceof CannotOpen)) throw error;
      return undefined;
    }
  };
}
