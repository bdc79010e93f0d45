import { createHash, timingSafeEqual } from 'node:crypto';
import { ConfigError } from '../../layers/backup/errors.ts';
import { readSecret } from '../../layers/secrets/read-secret.ts';
import type { SecretSource } from '../../layers/settings/environment.ts';

/**
 * What to ask for: a scraper brings the token, a browser asks its user for a password. Basic comes first, because
 * Chromium reads only the first challenge of a header, and API Gateway lets us send one header.
 */
export const CHALLENGES = 'Basic realm="pgvouch", charset="UTF-8", Bearer realm="pgvouch"';

/**
 * Whether a request may look: with the token as bearer, or as the password of any user. Compared in constant time.
 *
 * @param token - undefined where everybody may look
 * @param header - the request's `authorization`
 * @param now - milliseconds since the epoch
 * @throws {@link ConfigError} if the token cannot be read, or is one that nobody can bring: then nobody may look
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1 and https://www.rfc-editor.org/rfc/rfc7617#section-2
 */
export async function isAllowed(
  token: SecretSource | undefined,
  header: string | undefined,
  now: number,
): Promise<boolean> {
  if (token === undefined) return true;
  const expected = tokenOf(await readSecret(token, now));
  if (expected === undefined) {
    throw new ConfigError({
      operation: 'read secret',
      subject: token.name,
      problem: `it ${TOKEN_SHAPE}`,
      hint: 'openssl rand -hex 32 makes one; a secret may end in a line break',
    });
  }
  const given = credentialOf(header ?? '');
  // Hashes are of one length, and comparing them tells nothing of the token.
  return given !== undefined && timingSafeEqual(hash(given), hash(expected));
}

/** What a token must be, to stand in a header. */
export const TOKEN_SHAPE = 'must be visible ASCII characters, without spaces';

/** The token without the line break that files and secrets end in; undefined if a bearer could not bring it. */
export function tokenOf(secret: string): string | undefined {
  const token = secret.trim();
  return /^[\x21-\x7e]+$/.test(token) ? token : undefined;
}

function credentialOf(header: string): string | undefined {
  const [, scheme = '', value = ''] = /^(Bearer|Basic) +(\S+)$/i.exec(header) ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  const pair = Buffer.from(value, 'base64').toString();
  const colon = pair.indexOf(':');
  return colon < 0 ? undefined : pair.slice(colon + 1);
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
