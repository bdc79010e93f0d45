import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface StoreKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * Signs a request anew whose headers were changed on the way, with the body's hash that it has already.
 *
 * @returns the headers, with another `authorization`
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signAgain(
  method: string,
  path: string,
  headers: IncomingHttpHeaders,
  { accessKeyId, secretAccessKey }: StoreKeys,
): IncomingHttpHeaders {
  const { pathname, searchParams } = new URL(path, 'http://store');
  const [, scope = '', signedBefore = ''] =
    /Credential=[^/]+\/([^,]+), *SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ?? [];
  const names = signedBefore.split(';').filter((name) => headers[name] !== undefined);
  const query = [...searchParams].map(([key, value]) => `${encode(key)}=${encode(value)}`).sort();
  const lines = names.map((name) => `${name}:${String(headers[name]).trim()}`);
  const canonical = [method, pathname, query.join('&'), ...lines, '', names.join(';'), headers['x-amz-content-sha256']];
  const digest = createHash('sha256').update(canonical.join('\n')).digest('hex');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, digest].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((so, part) => hmac(so, part), `AWS4${secretAccessKey}`);
  const credential = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}`;
  const authorization = `${credential}, SignedHeaders=${names.join(';')}, Signature=${hmac(key, text).toString('hex')}`;
  return { ...headers, authorization };
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`);
}
