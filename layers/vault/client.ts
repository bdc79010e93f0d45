import { S3Client } from '@aws-sdk/client-s3';
import type { VaultConfig } from './config.ts';
import { CONTENT_MD5_STEP, useContentMd5 } from './content-md5.ts';
import { openPayloadHashes, PAYLOAD_HASH_STEP } from './payload-hash.ts';
import { inSlices, SLICES_STEP } from './slices.ts';
import { keysOf } from './store-keys.ts';

/** An S3 client, and the store's time as of its last answer. */
export interface StoreClient {
  readonly s3: S3Client;
  /** The checksum that goes with the bytes of archives, of those that the SDK takes; undefined if Content-MD5 is in its place. */
  readonly checksum: 'CRC32' | 'SHA256' | undefined;
  /** The store's own clock as of its last answer; undefined before the first. */
  storeTime(): Date | undefined;
}

/** How long a store may take to answer. */
export const ANSWER_MS = 60_000;

/**
 * Opens a client for the configured store. Connects lazily; a store that does not answer fails within a minute and
 * a few retries, never hangs.
 */
export function openStoreClient(config: VaultConfig): StoreClient {
  let storeTime: Date | undefined;
  const s3 = new S3Client({
    region: config.region,
    maxAttempts: 4,
    ...(config.contentMd5 && {
      requestChecksumCalculation: 'WHEN_REQUIRED' as const,
      responseChecksumValidation: 'WHEN_REQUIRED' as const,
    }),
    requestHandler: {
      ...{ connectionTimeout: 5_000, throwOnRequestTimeout: true },
      requestTimeout: config.answerMs ?? ANSWER_MS,
    },
    ...(config.server && {
      endpoint: config.server.endpoint,
      forcePathStyle: true,
      credentials: keysOf(config.server),
    }),
  });
  if (config.contentMd5) {
    s3.middlewareStack.add(
      (next) => (args) => {
        useContentMd5(args.request);
        return next(args);
      },
      CONTENT_MD5_STEP,
    );
  }
  const payloadHashes = openPayloadHashes();
  s3.middlewareStack.add(
    (next) => async (args) => {
      payloadHashes.add(args.request);
      const result = await next(args);
      payloadHashes.learn(args.request, result.response);
      return result;
    },
    PAYLOAD_HASH_STEP,
  );
  s3.middlewareStack.add((next) => (args) => next({ ...args, request: inSlices(args.request) }), SLICES_STEP);
  // It goes through each answer for a log that nobody reads: a tenth of what a long listing costs.
  s3.middlewareStack.remove('loggerMiddleware');
  s3.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { headers?: Record<string, string> };
      const date = new Date(headers?.date ?? Number.NaN);
      if (!Number.isNaN(date.getTime())) storeTime = date;
      return result;
    },
    { step: 'deserialize', name: 'readStoreTime' },
  );
  return { s3, checksum: checksumFor(config), storeTime: () => storeTime };
}

/** Without TLS the signature needs a SHA-256 in any case. */
function checksumFor({ server, contentMd5 }: VaultConfig): StoreClient['checksum'] {
  if (contentMd5) return undefined;
  return server?.endpoint.startsWith('http:') ? 'SHA256' : 'CRC32';
}
