import { WrongObject } from '../vault/checked-bytes.ts';
import type { Vault } from '../vault/vault.ts';

const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 4;

/**
 * An object's bytes in order, read as several parts at once: one connection to a store is slower than a disk. Memory is
 * that of the parts under way.
 *
 * @throws {@link WrongObject} if it is not there
 */
export async function* inParts(
  vault: Pick<Vault, 'getBytes'>,
  key: string,
  sizeBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const broken = new AbortController();
  const stop = AbortSignal.any([signal, broken.signal]);
  const parts: Promise<Buffer>[] = [];
  let at = 0;
  const beginNext = () => {
    if (at >= sizeBytes) return;
    const range = { at, sizeBytes: Math.min(PART_BYTES, sizeBytes - at) };
    at += range.sizeBytes;
    const part = readPart(vault, key, range, stop);
    part.catch(() => {});
    parts.push(part);
  };
  try {
    for (let begun = 0; begun < PARTS_AT_ONCE; begun++) beginNext();
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      const bytes = await part;
      beginNext();
      yield bytes;
    }
  } finally {
    broken.abort(new Error('the rest is not wanted'));
  }
}

async function readPart(
  vault: Pick<Vault, 'getBytes'>,
  key: string,
  range: { readonly at: number; readonly sizeBytes: number },
  signal: AbortSignal,
): Promise<Buffer> {
  const bytes = await vault.getBytes(key, signal, range);
  if (bytes === undefined) {
    throw new WrongObject({
      operation: 'read',
      subject: key,
      problem: 'it is missing',
      hint: 'choose another base backup',
    });
  }
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}
