import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { ConfigError } from '../backup/errors.ts';

type Work = (bytes: Uint8Array, options: object, done: (error: Error | null, result: Buffer) => void) => void;

/** What Node.js has from 22.15 on; the types may be older. */
interface Zstd {
  readonly zstdCompress?: Work;
  readonly zstdDecompress?: Work;
  readonly constants: { readonly ZSTD_c_compressionLevel: number; readonly ZSTD_c_checksumFlag: number };
}

const { zstdCompress, zstdDecompress, constants } = zlib as unknown as Zstd;

/** Whether this Node.js can. */
export const hasZstd = zstdCompress !== undefined && zstdDecompress !== undefined;

/**
 * Compresses with zstd at its quickest ordinary level, in one frame with a checksum: `zstd -d` reads it, and checks it.
 *
 * @throws {@link ConfigError} if this Node.js has no zstd
 * @see https://www.rfc-editor.org/rfc/rfc8878
 */
export async function compress(bytes: Uint8Array): Promise<Buffer> {
  const { ZSTD_c_compressionLevel: level, ZSTD_c_checksumFlag: checksum } = constants;
  return promisify(zstdCompress ?? refuse)(bytes, { params: { [level]: 1, [checksum]: 1 } });
}

/**
 * The bytes that were compressed. Node.js takes a frame that was cut off for a whole one, so their number must be known.
 *
 * @param sizeBytes - any other number is an error
 * @throws {@link ConfigError} if this Node.js has no zstd; an error of zlib's if it is not what was compressed
 */
export async function decompress(bytes: Uint8Array, sizeBytes: number): Promise<Buffer> {
  const result = await promisify(zstdDecompress ?? refuse)(bytes, { maxOutputLength: sizeBytes });
  if (result.length !== sizeBytes) throw new Error(`${result.length} bytes came out of it instead of ${sizeBytes}`);
  return result;
}

const refuse: Work = () => {
  throw new ConfigError({
    operation: 'compress with zstd',
    problem: `Node.js ${process.versions.node} cannot`,
    hint: 'point-in-time recovery needs Node.js 22.15 or newer',
  });
};
