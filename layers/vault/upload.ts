import type { S3Client } from '@aws-sdk/client-s3';
import { type Multipart, openMultipart } from './multipart.ts';
import type { Patience } from './patience.ts';
import { clearUploads } from './unfinished-uploads.ts';
import { vaultError } from './vault-error.ts';

export interface UploadOptions {
  readonly partSizeBytes: number;
  /** Stops the upload at once, whatever the body does. */
  readonly signal?: AbortSignal;
  /** Waits for a store that is busy or away; without it the upload fails after a few quick tries. */
  readonly patience?: Patience;
}

/**
 * Streams a body into one object. The object exists afterwards if and only if the body ended without an error and the
 * store took all of it; an error of the body's own is thrown as it is. On failure nothing is left, not even an
 * unfinished upload, as far as the store can still be reached; only one that is broken off in the very moment in which the
 * object is made of all its bytes may leave it behind.
 *
 * Memory is that of a few parts, taken once, however long the body is.
 *
 * @throws {@link VaultError} if the store refused or failed
 */
export async function upload(
  s3: S3Client,
  bucket: string,
  key: string,
  body: AsyncIterable<Uint8Array>,
  { partSizeBytes, signal, patience }: UploadOptions,
): Promise<void> {
  signal?.throwIfAborted();
  const broken = new AbortController();
  const stop = AbortSignal.any([broken.signal, ...(signal ? [signal] : [])]);
  const stopped = new Promise<never>((_, reject) => {
    stop.addEventListener('abort', () => reject(stop.reason), { once: true });
  });
  stopped.catch(() => {});
  const onFailure = (error: unknown) => broken.abort(error);
  const multipart = openMultipart(s3, { bucket, key, partSizeBytes, stop, patience, onFailure });
  let bodyError: unknown;
  async function* watched() {
    try {
      yield* body;
    } catch (error) {
      bodyError = error;
      throw error;
    }
  }
  try {
    // A body that says nothing must not keep a failure of the store from being told.
    await Promise.race([fillParts(multipart, watched(), partSizeBytes, stop), stopped]);
    if (multipart.leftAnother()) await clearUploads(s3, bucket, key);
  } catch (error) {
    const thrown = bodyError ?? (signal?.aborted ? signal.reason : vaultError('upload', key, error));
    broken.abort(error);
    await clearUploads(s3, bucket, key, await multipart.settled());
    throw thrown;
  }
}

/** Copies the body into one part after the other: chunks are many and small, and the memory of parts is used again. */
async function fillParts(
  multipart: Multipart,
  body: AsyncIterable<Uint8Array>,
  partSizeBytes: number,
  stop: AbortSignal,
): Promise<void> {
  let part = await multipart.freePart();
  let filled = 0;
  for await (const chunk of body) {
    stop.throwIfAborted();
    for (let taken = 0; taken < chunk.length; ) {
      if (filled === partSizeBytes) {
        await multipart.send(part);
        part = await multipart.freePart();
        filled = 0;
      }
      const bytes = chunk.subarray(taken, taken + partSizeBytes - filled);
      part.set(bytes, filled);
      filled += bytes.length;
      taken += bytes.length;
    }
  }
  await multipart.finish(part.subarray(0, filled));
}
