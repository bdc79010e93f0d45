import { createHash } from 'node:crypto';

/** What went through, known once the stream has ended. */
export interface Measured {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/**
 * Passes bytes on while measuring them.
 *
 * @param onProgress - told the bytes so far, after each chunk
 * @returns the bytes, and a function that tells what they were, to be called after their end
 */
export function measureBytes(
  source: AsyncIterable<Buffer>,
  onProgress: (doneBytes: number) => void,
): { bytes: AsyncGenerator<Buffer>; measured: () => Measured } {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  async function* bytes() {
    for await (const chunk of source) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      onProgress(sizeBytes);
      yield chunk;
    }
  }
  return { bytes: bytes(), measured: () => ({ sizeBytes, sha256: hash.digest('hex') }) };
}
