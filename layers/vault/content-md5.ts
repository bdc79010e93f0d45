import { createHash } from 'node:crypto';

/** Where the step belongs in the SDK's order: after its own checksums, and before the signature, which covers headers. */
export const CONTENT_MD5_STEP = { step: 'build', priority: 'low', name: 'useContentMd5' } as const;

/**
 * Gives a request Content-MD5 of its body instead of the checksums that came later: for stores that refuse those, or that
 * want Content-MD5 for objects under a lock. The store compares either with the bytes that it got.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
export function useContentMd5(request: unknown): void {
  const { body, headers } = request as { body?: unknown; headers: Record<string, string> };
  for (const name of Object.keys(headers)) {
    if (/^x-amz-(checksum-|sdk-checksum-|trailer)/i.test(name)) delete headers[name];
  }
  if (typeof body === 'string' || body instanceof Uint8Array) {
    headers['content-md5'] = createHash('md5').update(body).digest('base64');
  }
}
