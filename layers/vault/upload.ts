import type { StoreClient } from './client.ts';
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

/** What an object is to hold, in order. */
export interface Body {
  /**
   * Puts the next bytes into a part's memory.
   *
   * @returns how many; fewer than there is room for only at the end
   */
  fill(part: Buffer): Promise<number>;
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
  client: StoreClient,
  bucket: string,
  key: string,
  body: Body,
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
  const multipart = openMultipart(client, { bucket, key, partSizeBytes, stop, patience, onFailure });
  let bodyError: unknown;
  const fill = (part: Buffer) =>
    body.fill(part).catch((error) => {
      bodyError = error;
      throw error;
    });
  try {
    // A body that says nothing must not hide a failure of the store.
    await Promise.race([fillParts(multipart, fill, stop), stopped]);
    if (multipart.leftAnother()) await clearUploads(client.s3, bucket, key);
  } catch (error) {
    const thrown = bodyError ?? (signal?.aborted ? signal.reason : vaultError('upload', key, error));
    broken.abort(error);
    await clearUploads(client.s3, bucket, key, await multipart.settled());
    throw thrown;
  }
}

/** Fills one part after the other; the memory of parts is used again. */
async function fillParts(multipart: Multipart, fill: Body['fill'], stop: AbortSignal): Promise<void> {
  for (;;) {
    const part = await multipart.freePart();
    const filled = await fill(part);
    stop.throwIfAborted();
    if (filled < part.length) return multipart.finish(part.subarray(0, filled));
    await multipart.send(part);
  }
}
