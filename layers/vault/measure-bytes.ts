import { createHash } from 'node:crypto';

/** What went through. */
export interface Measured {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/**
 * Measures bytes as they go by.
 *
 * @param onProgress - called with the bytes so far, after each piece
 * @returns `take` is to be called with every piece in order, `measured` once after their end
 */
export function measureBytes(onProgress: (doneBytes: number) => void) {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  return {
    take(bytes: Buffer): void {
      hash.update(bytes);
      sizeBytes += bytes.length;
      onProgress(sizeBytes);
    },
    measured: (): Measured => ({ sizeBytes, sha256: hash.digest('hex') }),
  };
}
