import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { inSlices } from '../../../layers/vault/slices.ts';

const bytes = randomBytes(1_000_000);

async function sent(body: unknown): Promise<Buffer[]> {
  const pieces: Buffer[] = [];
  for await (const piece of body as AsyncIterable<Buffer>) pieces.push(Buffer.from(piece));
  return pieces;
}

test('bytes go by TLS slice by slice, each attempt from the first on; the request itself stays as it is', async () => {
  class Request {
    protocol = 'https:';
    headers = { 'content-length': '1000000' };
    body = bytes;
  }
  const request = new Request();
  for (const _attempt of [1, 2]) {
    const sliced = inSlices(request);
    expect(sliced).toBeInstanceOf(Request);
    expect(sliced.headers).toBe(request.headers);
    const pieces = await sent(sliced.body);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(bytes.length / 3);
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  }
  expect(request.body).toBe(bytes);
});

test('without TLS, and where there is little to send, nothing is sliced', () => {
  for (const request of [
    { protocol: 'http:', body: bytes },
    { protocol: 'https:', body: bytes.subarray(0, 1_000) },
    { protocol: 'https:', body: 'text' },
    { protocol: 'https:' },
  ])
    expect(inSlices(request)).toBe(request);
});
