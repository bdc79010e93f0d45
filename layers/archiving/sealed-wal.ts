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
  const chunks: Buffer[] = [];
  for await (const chunk of (await vault.getBytes(key, signal, { at: 0, sizeBytes: HEAD_BYTES })) ?? []) {
    chunks.push(chunk);
  }
  const [salt = '', hash] = noteIn(Buffer.concat(chunks)) ?? [];
  return hash !== undefined && hash === (await saltedHash(salt, compressed, sizeBytes));
}

async function saltedHash(salt: string, compressed: Buffer, sizeBytes: number): Promise<string> {
  const hash = createHash('sha256').update(salt, 'hex');
  for await (const bytes of decompressStream([compressed], sizeBytes)) hash.update(bytes);
  return hash.digest('hex');
}
