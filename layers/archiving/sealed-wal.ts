import { createHash, randomBytes } from 'node:crypto';
import { noteIn, type Recipients } from '../seal/recipients.ts';
import { sealBytes } from '../seal/seal.ts';
import type { Vault } from '../vault/vault.ts';
import { decompressStream } from '../zstd/zstd.ts';

/** So much of a file has its header: that of more than thirty post-quantum recipients. */
const HEAD_BYTES = 64 * 1024;

/**
 * Seals WAL. A note in the header lets whoever has the same WAL find out that it is the same, though nobody here can read it:
 * a hash over a random salt and the WAL. It tells nothing to those who do not have it.
 *
 * @param compressed - one frame of zstd
 * @param sizeBytes - of the WAL in it
 */
export async function sealWal(recipients: Recipients, compressed: Buffer, sizeBytes: number): Promise<Buffer> {
  const salt = randomBytes(16).toString('hex');
  return sealBytes(compressed, await recipients.begin([salt, await saltedHash(salt, compressed, sizeBytes)]));
}

/** Whether an object was sealed from this WAL. @throws {@link VaultError} if the store fails */
export async function isSealedFrom(
  vault: Vault,
  key: string,
  compressed: Buffer,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<boolean> {
  const compare = await compareWithSealed(vault, key, sizeBytes, signal);
  if (compare === undefined) return false;
  for await (const bytes of decompressStream([compressed], sizeBytes)) if (!compare(bytes)) return false;
  return true;
}

/**
 * Compares WAL, as it comes, with what an object was sealed from.
 *
 * @param sizeBytes - of the WAL in it
 *
 * @returns what takes the next bytes, from the first on: false as soon as there are as many as were sealed, and they are
 * others. What follows is not compared. undefined if the object has no note
 *
 * @throws {@link VaultError} if the store fails
 */
export async function compareWithSealed(
  vault: Vault,
  key: string,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<((bytes: Buffer) => boolean) | undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of (await vault.getBytes(key, signal, { at: 0, sizeBytes: HEAD_BYTES })) ?? []) {
    chunks.push(chunk);
  }
  const [salt = '', noted] = noteIn(Buffer.concat(chunks)) ?? [];
  if (noted === undefined) return undefined;
  const hash = createHash('sha256').update(salt, 'hex');
  let missing = sizeBytes;
  return (bytes) => {
    if (missing === 0) return true;
    const part = bytes.subarray(0, missing);
    hash.update(part);
    missing -= part.length;
    return missing > 0 || hash.digest('hex') === noted;
  };
}

async function saltedHash(salt: string, compressed: Buffer, sizeBytes: number): Promise<string> {
  const hash = createHash('sha256').update(salt, 'hex');
  for await (const bytes of decompressStream([compressed], sizeBytes)) hash.update(bytes);
  return hash.digest('hex');
}
