/** Where to post, and as whom. */
export interface PostTarget {
  readonly target: URL;
  readonly authorization?: string;
}

/**
 * Reads a URL that is a secret. fetch refuses one with a user in it: user and password belong into a header.
 *
 * @throws Error without any part of the URL
 */
export function readSecretUrl(text: string): PostTarget {
  const target = URL.canParse(text) ? new URL(text) : undefined;
  if (target === undefined || !/^https?:$/.test(target.protocol)) throw new Error('the URL is not an http(s) URL');
  const { username, password } = target;
  if (username === '' && password === '') return { target };
  target.username = '';
  target.password = '';
  const credentials = `${decoded(username)}:${decoded(password)}`;
  return { target, authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** Whether user and password, if there are any, can be read. */
export function hasReadableUser(text: string): boolean {
  try {
    readSecretUrl(text);
    return true;
  } catch {
    return false;
  }
}

export const UNREADABLE_USER = 'must have its user and password percent-encoded (a % is %25)';

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Error(`the URL ${UNREADABLE_USER}`);
  }
}
