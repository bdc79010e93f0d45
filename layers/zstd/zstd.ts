import { Readable, type Transform } from 'node:stream';
import zlib from 'node:zlib';
import { ConfigError } from '../backup/errors.ts';

/** What Node.js has from 22.15 on; the types may be older. */
interface Zstd {
  readonly createZstdCompress?: (options: object) => Transform;
  readonly createZstdDecompress?: (options: object) => Transform;
  readonly constants: { readonly ZSTD_c_compressionLevel: number; readonly ZSTD_c_checksumFlag: number };
}

/** Bytes one after another. */
export type Pieces = AsyncIterable<Buffer> | Iterable<Buffer>;

const { createZstdCompress, createZstdDecompress, constants } = zlib as unknown as Zstd;

/**
 * How much comes out of zstd at a time. By default it is 16 KiB, and handing a segment of WAL on in a thousand pieces takes
 * twice as long as decompressing it.
 *
 * @see https://nodejs.org/api/zlib.html#class-options
 */
export const CHUNK_BYTES = 256 * 1024;

/**
 * Compresses with zstd at its quickest ordinary level, into one frame with a checksum: `zstd -d` reads it, and checks it.
 *
 * @throws {@link ConfigError} if this Node.js has no zstd
 * @see https://www.rfc-editor.org/rfc/rfc8878
 */
export function createCompression(): Transform {
  return createZstdCompress?.(quickest()) ?? refuse();
}

/**
 * The bytes that were compressed, as they come; each piece of their frame need only be good until the next is asked for. What
 * reading it throws, this throws. Node.js takes a frame that was cut off for a whole one, so the bytes' number must be known.
 *
 * @param sizeBytes - any other number is an error
 * @throws {@link ConfigError} if this Node.js has no zstd; an error of zlib's if it is not what was compressed
 */
export async function* decompressStream(bytes: Pieces, sizeBytes: number): AsyncGenerator<Buffer> {
  const zstd = createZstdDecompress?.({ chunkSize: CHUNK_BYTES }) ?? refuse();
  const source = Readable.from(owned(bytes), { objectMode: false });
  source.on('error', (error) => zstd.destroy(error));
  let doneBytes = 0;
  try {
    for await (const chunk of source.pipe(zstd) as AsyncIterable<Buffer>) {
      doneBytes += chunk.length;
      if (doneBytes > sizeBytes) break;
      yield chunk;
    }
  } finally {
    source.destroy();
  }
  if (doneBytes !== sizeBytes) throw new Error(`${doneBytes} bytes came out of it instead of ${sizeBytes}`);
}

/** A stream reads ahead: what it holds must not be overwritten. */
async function* owned(bytes: Pieces): AsyncGenerator<Buffer> {
  for await (const chunk of bytes) yield Buffer.from(chunk);
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
