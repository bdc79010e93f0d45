import { BrokenSeal, CHOOSE_ANOTHER } from './broken-seal.ts';
import type { Identities } from './identities.ts';
import { CHUNK_BYTES, NONCE_BYTES, openChunk, payloadKey, SEALED_CHUNK_BYTES } from './payload.ts';

/** More than a hundred recipients of any kind take. A file that is not one of age's must not be read as a header. */
const MOST_HEADER_BYTES = 256 * 1024;
const VERSION = 'age-encryption.org/v1\n';
const END_OF_HEADER = '\n--- ';

/**
 * Opens a stream as it comes, in the memory of a few chunks. Every byte that it yields was checked.
 *
 * @param subject - what is opened, for errors
 * @throws {@link BrokenSeal} if it is not what was sealed: also if its end is missing. {@link ConfigError} if no identity
 * opens it. Whatever reading it throws.
 */
export async function* unseal(
  bytes: AsyncIterable<Buffer>,
  identities: Identities,
  subject: string,
): AsyncGenerator<Buffer> {
  const reader = openReader(bytes);
  try {
    const key = await readKey(reader, identities, subject);
    for (let index = 0; ; index++) {
      // One byte more tells whether another chunk follows.
      const ahead = await reader.ahead(SEALED_CHUNK_BYTES + 1);
      const last = ahead.length <= SEALED_CHUNK_BYTES;
      const sealed = ahead.subarray(0, SEALED_CHUNK_BYTES);
      const chunk = openChunk(key, sealed, index, last);
      // An empty chunk may only be the whole of an empty file.
      if (chunk === undefined || (chunk.length === 0 && index > 0)) throw damaged(subject, index, last);
      yield chunk;
      if (last) return;
      reader.skip(SEALED_CHUNK_BYTES);
    }
  } finally {
    await reader.close();
  }
}

/** Opens bytes that are there. */
export async function unsealBytes(bytes: Buffer, identities: Identities, subject: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of unseal(once(bytes), identities, subject)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A part of a file's contents. */
export interface Part {
  readonly at: number;
  readonly sizeBytes: number;
}

/** Reads a part of a file as it is stored; it may go beyond the end. */
export type GetPart = (part: Part) => Promise<AsyncIterable<Buffer>>;

/** What opens the parts of a file. */
export interface PartKey {
  readonly key: Buffer;
  /** Where its payload begins. */
  readonly from: number;
}

/** Reads the beginning of a file, for {@link unsealPart}. @throws as {@link unseal} does */
export async function readPartKey(get: GetPart, identities: Identities, subject: string): Promise<PartKey> {
  const head = openReader(await get({ at: 0, sizeBytes: MOST_HEADER_BYTES }));
  try {
    const key = await readKey(head, identities, subject);
    return { key, from: head.position() };
  } finally {
    await head.close();
  }
}

/** Opens a part of a file without reading what is before it. @throws as {@link unseal} does */
export async function* unsealPart(
  get: GetPart,
  { at, sizeBytes }: Part,
  { key, from }: PartKey,
  subject: string,
): AsyncGenerator<Buffer> {
  if (sizeBytes <= 0) return;
  const first = Math.floor(at / CHUNK_BYTES);
  const count = Math.floor((at + sizeBytes - 1) / CHUNK_BYTES) - first + 1;
  const stored = { at: from + first * SEALED_CHUNK_BYTES, sizeBytes: count * SEALED_CHUNK_BYTES };
  const reader = openReader(await get(stored));
  let left = sizeBytes;
  let skip = at - first * CHUNK_BYTES;
  try {
    for (let index = first; left > 0; index++) {
      const sealed = (await reader.ahead(SEALED_CHUNK_BYTES)).subarray(0, SEALED_CHUNK_BYTES);
      // Only the chunk itself tells whether it is the last.
      const chunk = openChunk(key, sealed, index, false) ?? openChunk(key, sealed, index, true);
      if (chunk === undefined) throw damaged(subject, index, sealed.length < SEALED_CHUNK_BYTES);
      const wanted = chunk.subarray(skip, skip + left);
      if (wanted.length === 0) throw damaged(subject, index, true);
      yield wanted;
      left -= wanted.length;
      skip = 0;
      reader.skip(sealed.length);
    }
  } finally {
    await reader.close();
  }
}

async function readKey(reader: Reader, identities: Identities, subject: string): Promise<Buffer> {
  const header = await readHeader(reader, subject);
  const fileKey = await identities.fileKeyOf(header, subject);
  const nonce = Buffer.from((await reader.ahead(NONCE_BYTES)).subarray(0, NONCE_BYTES));
  if (nonce.length < NONCE_BYTES) throw damaged(subject, 0, true);
  reader.skip(NONCE_BYTES);
  return payloadKey(fileKey, nonce);
}

async function readHeader(reader: Reader, subject: string): Promise<Buffer> {
  for (let length = 1024; ; length *= 2) {
    const ahead = await reader.ahead(length);
    const isAge = ahead.toString('latin1', 0, VERSION.length) === VERSION.slice(0, ahead.length);
    const mark = isAge ? ahead.indexOf(END_OF_HEADER) : -1;
    const end = mark < 0 ? -1 : ahead.indexOf('\n', mark + END_OF_HEADER.length);
    if (end >= 0) {
      const header = Buffer.from(ahead.subarray(0, end + 1));
      reader.skip(header.length);
      return header;
    }
    if (isAge && ahead.length >= length && length < MOST_HEADER_BYTES) continue;
    const problem = isAge ? 'its age header has no end' : 'it is not a file of age';
    throw new BrokenSeal({ operation: 'open', subject, problem, hint: CHOOSE_ANOTHER });
  }
}

type Reader = ReturnType<typeof openReader>;

/** Looks ahead in a stream. */
function openReader(bytes: AsyncIterable<Buffer>) {
  const chunks = bytes[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  let position = 0;
  return {
    /** So many of the next bytes, or more, or what is left. */
    async ahead(length: number): Promise<Buffer> {
      const pieces = [held];
      for (let has = held.length; has < length; ) {
        const next = await chunks.next();
        if (next.done) break;
        pieces.push(next.value);
        has += next.value.length;
      }
      if (pieces.length > 1) held = Buffer.concat(pieces);
      return held;
    },
    skip(length: number): void {
      position += length;
      held = held.subarray(length);
    },
    position: () => position,
    close: async () => void (await chunks.return?.()),
  };
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

function damaged(subject: string, index: number, atEnd: boolean): BrokenSeal {
  const where = `at byte ${index * CHUNK_BYTES} of its contents`;
  const problem = atEnd ? `it is damaged or cut off ${where}` : `it is damaged ${where}`;
  return new BrokenSeal({ operation: 'open', subject, problem, hint: CHOOSE_ANOTHER });
}
