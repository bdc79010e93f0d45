import { Readable } from 'node:stream';
import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { statusOf, vaultError } from './vault-error.ts';

export interface UploadOptions {
  readonly partSizeBytes: number;
  /** Stops the upload at once, whatever the body does. */
  readonly signal?: AbortSignal;
}

export interface UnfinishedUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly startedAt: Date;
}

/** How long a store that does not answer is asked to forget an upload; we may be ended a few seconds later. */
const CLEAR_MS = 5_000;
/** Parts under way at once. Memory is about this plus two parts. */
const QUEUE_SIZE = 3;

/**
 * Streams a body into one object. The object exists afterwards if and only if the body ended without an error and the
 * store took all of it; an error of the body's own is thrown as it is. On failure nothing is left, not even an
 * unfinished upload, as far as the store can still be reached.
 *
 * @throws {@link VaultError} if the store refused or failed
 */
export async function upload(
  s3: S3Client,
  bucket: string,
  key: string,
  body: AsyncIterable<Uint8Array>,
  { partSizeBytes, signal }: UploadOptions,
): Promise<void> {
  let bodyError: unknown;
  // Only what the body throws by itself: when the store fails, the stream is destroyed, which throws into the body.
  async function* watched() {
    try {
      yield* body;
    } catch (error) {
      if (!stream.destroyed) bodyError = error;
      throw error;
    }
  }
  const stream: Readable = Readable.from(watched(), { objectMode: false, highWaterMark: 1024 * 1024 });
  stream.on('error', () => {});
  const task = new Upload({
    client: s3,
    params: { Bucket: bucket, Key: key, Body: stream, ContentType: 'application/octet-stream' },
    partSize: partSizeBytes,
    queueSize: QUEUE_SIZE,
    leavePartsOnError: true,
  });
  const stop = () => void task.abort();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    signal?.throwIfAborted();
    await task.done();
  } catch (error) {
    stream.destroy();
    await clearUploads(s3, bucket, key);
    throw bodyError ?? (signal?.aborted ? signal.reason : vaultError('upload', key, error));
  } finally {
    signal?.removeEventListener('abort', stop);
    stream.destroy();
  }
}

/**
 * Aborts until none is listed: parts still under way when an upload is aborted may bring it back.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
 */
async function clearUploads(s3: S3Client, bucket: string, key: string): Promise<void> {
  const signal = AbortSignal.timeout(CLEAR_MS);
  try {
    for (let round = 0; round < 10; round++) {
      let found = false;
      for await (const unfinished of unfinishedUploads(s3, bucket, key, signal)) {
        found = true;
        const request = { Bucket: bucket, Key: key, UploadId: unfinished.uploadId };
        await s3.send(new AbortMultipartUploadCommand(request), { abortSignal: signal }).catch((error) => {
          if (statusOf(error) !== 404) throw error;
        });
      }
      if (!found) return;
    }
  } catch {
    // The store is out of reach. The first error is the one to tell; the sweep and the lifecycle clear what is left.
  }
}

/** Every unfinished upload whose key begins with `under`. */
export async function* unfinishedUploads(
  s3: S3Client,
  bucket: string,
  under: string,
  signal?: AbortSignal,
): AsyncGenerator<UnfinishedUpload> {
  const options = signal && { abortSignal: signal };
  let marker: { KeyMarker?: string; UploadIdMarker?: string } = {};
  do {
    const page = await s3
      .send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: under, ...marker }), options)
      .catch((error) => {
        throw vaultError('list unfinished uploads of', `${bucket}/${under}`, error);
      });
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key === undefined || UploadId === undefined) continue;
      yield { key: Key, uploadId: UploadId, startedAt: Initiated ?? new Date(0) };
    }
    marker = page.IsTruncated
      ? {
          ...(page.NextKeyMarker !== undefined && { KeyMarker: page.NextKeyMarker }),
          ...(page.NextUploadIdMarker !== undefined && { UploadIdMarker: page.NextUploadIdMarker }),
        }
      : {};
  } while (marker.KeyMarker !== undefined);
}
