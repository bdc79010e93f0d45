/** Where the step belongs in the SDK's order: after the checksums, and before the signature, which takes what is there. */
export const PAYLOAD_HASH_STEP = { step: 'build', priority: 'low', name: 'payloadHash' } as const;

/**
 * Spares the signature a SHA-256 of its own over the bytes of archives, where something as good protects them. Either way
 * the signature covers the header with the checksum, and the store compares the bytes with that.
 *
 * - If the checksum is a SHA-256, the signature takes it as the hash of the payload.
 * - Over TLS the payload goes unsigned, once the store has shown that it compares checksums: it repeated our own in an
 *   answer. A store that knows none would have nothing to compare the bytes with.
 *
 * Texts are small, and always signed.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, x-amz-content-sha256
 */
export function openPayloadHashes() {
  let compares = false;
  return {
    /** Adds the header to a request that has its checksums, and no signature yet. */
    add(request: unknown): void {
      const { protocol, body, headers } = request as Request;
      if (!(body instanceof Uint8Array)) return;
      const sha256 = headers['x-amz-checksum-sha256'];
      if (sha256 !== undefined) headers[HASH] = Buffer.from(sha256, 'base64').toString('hex');
      else if (protocol === 'https:' && compares && headers[CRC32] !== undefined) headers[HASH] = 'UNSIGNED-PAYLOAD';
    },
    /** Learns from the answer to a request. */
    learn(request: unknown, response: unknown): void {
      const { body, headers } = request as Request;
      if (compares || !(body instanceof Uint8Array)) return;
      const answered = (response as Partial<Request>).headers?.[CRC32];
      compares = answered !== undefined && answered === headers[CRC32];
    },
  };
}

interface Request {
  readonly protocol?: string;
  readonly body?: unknown;
  readonly headers: Record<string, string>;
}

const HASH = 'x-amz-content-sha256';
const CRC32 = 'x-amz-checksum-crc32';
