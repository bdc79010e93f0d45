import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { openPayloadHashes } from '../../../layers/vault/payload-hash.ts';

const bytes = Buffer.from('PGDMP');
const sha256 = createHash('sha256').update(bytes);
const HASH = 'x-amz-content-sha256';

function request(protocol: string, headers: Record<string, string>, body: unknown = bytes) {
  return { protocol, headers: { ...headers }, body };
}

const crc32 = { 'x-amz-checksum-crc32': 'AAAAAA==' };

test('a SHA-256 among the checksums is the hash of the payload', () => {
  const digest = sha256.digest();
  for (const protocol of ['http:', 'https:']) {
    const asked = request(protocol, { 'x-amz-checksum-sha256': digest.toString('base64') });
    openPayloadHashes().add(asked);
    expect(asked.headers[HASH]).toBe(digest.toString('hex'));
  }
});

test.each<[string, string, Record<string, string>, unknown, Record<string, string> | undefined, string | undefined]>([
  ['over TLS, before the store has shown that it compares', 'https:', crc32, bytes, undefined, undefined],
  ['over TLS, afterwards', 'https:', crc32, bytes, crc32, 'UNSIGNED-PAYLOAD'],
  ['over TLS, after an answer without a checksum', 'https:', crc32, bytes, {}, undefined],
  ['over TLS, after another checksum', 'https:', crc32, bytes, { 'x-amz-checksum-crc32': 'BBBBBB==' }, undefined],
  ['over TLS without a checksum', 'https:', {}, bytes, crc32, undefined],
  ['over TLS, a text', 'https:', crc32, 'text', crc32, undefined],
  ['without TLS', 'http:', crc32, bytes, crc32, undefined],
])('%s', (_, protocol, headers, body, answered, hash) => {
  const hashes = openPayloadHashes();
  if (answered) hashes.learn(request(protocol, crc32), { headers: answered });
  const asked = request(protocol, headers, body);
  hashes.add(asked);
  expect(asked.headers[HASH]).toBe(hash);
});
