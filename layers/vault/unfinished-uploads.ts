import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3';
import { followPages } from './page-course.ts';
import { statusOf, vaultError } from './vault-error.ts';

/** A multipart upload that was begun and neither completed nor aborted. */
export interface UnfinishedUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly startedAt: Date;
}

/** How long a store that does not answer is asked to forget an upload; we may be ended a few seconds later. */
const CLEAR_MS = 5_000;

/**
 * Aborts the uploads of a key until none is listed: parts still under way when an upload is aborted may bring it back.
 * Never fails: what is left the sweep and the lifecycle clear.
 *
 * @param known - one that is there for sure, whether or not we may list
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
 */
export async function clearUploads(s3: S3Client, bucket: string, key: string, known?: string): Promise<void> {
  const signal = AbortSignal.timeout(CLEAR_MS);
  const abort = async (uploadId: string) => {
    const request = { Bucket: bucket, Key: key, UploadId: uploadId };
    await s3.send(new AbortMultipartUploadCommand(request), { abortSignal: signal }).catch((error) => {
      if (statusOf(error) !== 404) throw error;
    });
  };
  try {
    if (known !== undefined) await abort(known);
    for (let round = 0; round < 10; round++) {
      let found = false;
      for await (const unfinished of unfinishedUploads(s3, bucket, key, signal)) {
        // Listed is all that begins so.
        if (unfinished.key !== key) continue;
        found = true;
        await abort(unfinished.uploadId);
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
  const subject = `${bucket}/${under}`;
  const goesOn = followPages('list unfinished uploads of', subject);
  let from: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (let more = true; more; ) {
    const page = await s3
      .send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: under, ...from }), options)
      .catch((error) => {
        throw vaultError('list unfinished uploads of', subject, error);
      });
    const { IsTruncated, NextKeyMarker, NextUploadIdMarker, Uploads = [] } = page;
    more = goesOn({
      isTruncated: IsTruncated,
      next: NextKeyMarker && JSON.stringify([NextKeyMarker, NextUploadIdMarker]),
      length: Uploads.length,
      isAnswer: IsTruncated !== undefined || page.Bucket !== undefined || Uploads.length > 0,
    });
    for (const { Key, UploadId, Initiated } of Uploads) {
      if (Key === undefined || UploadId === undefined) continue;
      yield { key: Key, uploadId: UploadId, startedAt: Initiated ?? new Date(0) };
    }
    from = {
      ...(NextKeyMarker !== undefined && { KeyMarker: NextKeyMarker }),
      ...(NextUploadIdMarker !== undefined && { UploadIdMarker: NextUploadIdMarker }),
    };
  }
}
