import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { textOf } from '../backup/errors.ts';
import { BrokenSeal } from '../seal/broken-seal.ts';
import { opened } from '../seal/opening-vault.ts';
import { WrongObject } from '../vault/checked-bytes.ts';
import type { Vault } from '../vault/vault.ts';
import type { WalObject } from '../wal/holdings.ts';
import { CHUNK_BYTES } from '../zstd/zstd.ts';

const decompress = promisify(zstdDecompress);

/**
 * The bytes of a segment, as PostgreSQL has it. The beginning of one that was not finished is filled up with zeros, as in
 * a segment that PostgreSQL itself is writing.
 *
 * @throws {@link WrongObject} if it is not there any more, or does not hold what its name says; {@link VaultError} if
 * the store fails
 */
export async function readWalObject(
  vault: Pick<Vault, 'getBytes' | 'open'>,
  object: Pick<WalObject, 'key' | 'endOffset'>,
  segmentSizeBytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const { key, endOffset } = object;
  const bytes = await vault.getBytes(key, signal);
  if (bytes === undefined) throw damaged(key, 'it is missing, though a listing has it');
  const chunks = await allOf(opened(vault, key, bytes)).catch((error) => {
    throw error instanceof BrokenSeal ? damaged(key, error.problem, error) : error;
  });
  const limit = { maxOutputLength: segmentSizeBytes, chunkSize: CHUNK_BYTES };
  const content = await decompress(Buffer.concat(chunks), limit).catch((error) => {
    throw damaged(key, `it cannot be decompressed (${textOf(error)})`, error);
  });
  if (content.length !== endOffset) {
    throw damaged(key, `it holds ${content.length} bytes of WAL, and should hold ${endOffset}`);
  }
  if (endOffset === segmentSizeBytes) return content;
  return Buffer.concat([content, Buffer.alloc(segmentSizeBytes - endOffset)]);
}

async function allOf(bytes: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return chunks;
}

function damaged(subject: string, problem: string, cause?: unknown): WrongObject {
  return new WrongObject({ operation: 'read', subject, problem, hint: 'recover to a moment before it', cause });
}
