import { Readable, type Transform } from 'node:stream';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { ConfigError } from '../backup/errors.ts';

type Work = (bytes: Uint8Array, options: object, done: (error: Error | null, result: Buffer) => void) => void;

/** What Node.js has from 22.15 on; the types may be older. */
interface Zstd {
  readonly zstdCompress?: Work;
  readonly zstdDecompress?: Work;
  readonly createZstdCompress?: (options: object) => Transform;
  readonly constants: { readonly ZSTD_c_compressionLevel: number; readonly ZSTD_c_checksumFlag: number };
}

const { zstdCompress, zstdDecompress, createZstdCompress, constants } = zlib as unknown as Zstd;

/**
 * How much comes out of zstd at a time. By default it is 16 KiB, and handing a segment of WAL on in a thousand pieces takes
 * twice as long as decompressing it.
 *
 * @see https://nodejs.org/api/zlib.html#class-options
 */
export const CHUNK_BYTES = 256 * 1024;

/** Whether this Node.js can. */
export const hasZstd = zstdCompress !== undefined && zstdDecompress !== undefined;

/**
 * Compresses with zstd at its quickest ordinary level, in one frame with a checksum: `zstd -d` reads it, and checks it.
 *
 * @throws {@link ConfigError} if this Node.js has no zstd
 * @see https://www.rfc-editor.org/rfc/rfc8878
 */
export async function compress(bytes: Uint8Array): Promise<Buffer> {
  return promisify(zstdCompress ?? refuse)(bytes, quickest());
}

/**
 * The same for bytes of any length, as they come; each piece need only be good until the next is asked for. What they
 * throw, it throws.
 *
 * @throws {@link ConfigError} if this Node.js has no zstd
 */
export async function* compressStream(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const zstd = createZstdCompress?.(quickest()) ?? refuse();
  const source = Readable.from(owned(bytes), { objectMode: false });
  source.on('error', (error) => zstd.destroy(error));
  try {
    for await (const chunk of source.pipe(zstd)) yield chunk as Buffer;
  } finally {
    source.destroy();
  }
}

/** A stream reads ahead: what it holds must not be overwritten. */
async function* owned(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of bytes) yield Buffer.from(chunk);
}

/**
 * The bytes that were compressed. Node.js takes a frame that was cut off for a whole one, so their number must be known.
 *
 * @param sizeBytes - any other number is an error
 * @throws {@link ConfigError} if this Node.js has no zstd; an error of zlib's if it is not what was compressed
 */
export async function decompress(bytes: Uint8Array, sizeBytes: number): Promise<Buffer> {
  const result = await promisify(zstdDecompress ?? refuse)(bytes, {
    ...{ maxOutputLength: sizeBytes, chunkSize: CHUNK_BYTES },
  });
  if (result.length !== sizeBytes) throw new Error(`${result.length} bytes came out of it instead of ${sizeBytes}`);
  return result;
}

function quickest(): object {
  const { ZSTD_c_compressionLevel: level, ZSTD_c_checksumFlag: checksum } = constants;
  return { chunkSize: CHUNK_BYTES, params: { [level]: 1, [checksum]: 1 } };
}

function refuse(): never {
  throw new ConfigError({
    operation: 'compress with zstd',
    problem: `Node.js ${process.versions.node} cannot`,
    hint: 'point-in-time recovery needs Node.js 22.15 or newer',
  });
}
