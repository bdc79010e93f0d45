import { Readable } from 'node:stream';

/** Where the step belongs in the SDK's order: each attempt of a request goes through it, and it is signed by then. */
export const SLICES_STEP = { step: 'deserialize', priority: 'low', name: 'sendInSlices' } as const;

const SLICE_BYTES = 256 * 1024;

/**
 * Has bytes sent in slices where they go by TLS: Node.js encrypts all that it is given at once, and holds that beside them
 * until the store has taken it.
 *
 * @returns the request to send
 */
export function inSlices<T>(request: T): T {
  const { protocol, body } = request as Request;
  if (protocol !== 'https:' || !(body instanceof Uint8Array) || body.length <= SLICE_BYTES) return request;
  const sliced = { body: Readable.from(slicesOf(body), { objectMode: false, highWaterMark: SLICE_BYTES }) };
  return Object.assign(Object.create(Object.getPrototypeOf(request)), request, sliced);
}

interface Request {
  readonly protocol?: string;
  readonly body?: unknown;
}

function* slicesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES);
}
