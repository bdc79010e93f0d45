import pRetry, { AbortError } from 'p-retry';
import { textOf } from '../backup/errors.ts';
import { readSecretUrl } from './secret-url.ts';

export interface Post {
  readonly body: string;
  readonly contentType: string;
}

export interface Patience {
  /** Of one try. */
  readonly timeoutMs: number;
  /** Further tries after the first; half a second before the first of them, then twice that. */
  readonly retries: number;
}

/** For a message that somebody is to read: half a minute at the very most. */
export const MESSAGE_PATIENCE: Patience = { timeoutMs: 10_000, retries: 2 };

/**
 * Posts to a URL and sees that it was taken. What the other side refuses for good (4xx but 429, a redirect) is not tried
 * again.
 *
 * @throws Error that names the host and nothing else of the URL, which is a secret
 */
export async function postTo(
  url: string,
  { body, contentType }: Post,
  { timeoutMs, retries }: Patience = MESSAGE_PATIENCE,
): Promise<void> {
  const { target, authorization } = readSecretUrl(url);
  const headers = { 'content-type': contentType, ...(authorization !== undefined && { authorization }) };
  const attempt = async () => {
    const status = await post(target, headers, body, timeoutMs);
    if (status >= 200 && status < 300) return;
    const refusal = new Error(`${target.host} answered HTTP ${status}`);
    throw status === 429 || status >= 500 ? refusal : new AbortError(refusal);
  };
  await pRetry(attempt, { retries, minTimeout: 500, factor: 2 });
}

async function post(target: URL, headers: Record<string, string>, body: string, timeoutMs: number): Promise<number> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    // A redirected POST becomes a GET, whose 200 would mean nothing.
    const answer = await fetch(target, { method: 'POST', headers, body, redirect: 'manual', signal });
    await answer.body?.cancel();
    return answer.status;
  } catch (error) {
    throw new Error(`${target.host} cannot be reached: ${reasonOf(error, timeoutMs)}`);
  }
}

/** fetch says only that it failed; why stands in the cause. Its own messages may repeat the URL. */
function reasonOf(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? 'the request failed' : textOf(cause);
}
