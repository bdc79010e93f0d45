import { setTimeout as delay } from 'node:timers/promises';
import pRetry, { AbortError } from 'p-retry';
import { textOf } from '../backup/errors.ts';
import { askedWaitMs } from './retry-after.ts';
import { readSecretUrl } from './secret-url.ts';

export interface Post {
  readonly body: string;
  readonly contentType: string;
  /** Further ones, such as a key that stands in none of URL and body. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Patience {
  /** Of one try. */
  readonly timeoutMs: number;
  /** Further tries after the first; half a second before the first of them, then twice that. */
  readonly retries: number;
  /** Of all tries, what the other side may ask to wait after 429; by default it is not asked. */
  readonly waitMs?: number;
}

/** For a message that somebody is to read: less than 50 seconds at the very most. */
export const MESSAGE_PATIENCE: Patience = { timeoutMs: 10_000, retries: 2, waitMs: 15_000 };

/**
 * Posts to a URL and sees that it was taken. What the other side refuses for good (4xx but 429, a redirect) is not tried
 * again. After 429, the wait that the other side asks for is kept, if there is time for it.
 *
 * @throws Error that names the host and nothing else of the URL, which is a secret
 */
export async function postTo(
  url: string,
  { body, contentType, headers: more }: Post,
  { timeoutMs, retries, waitMs = 0 }: Patience = MESSAGE_PATIENCE,
): Promise<void> {
  const { target, authorization } = readSecretUrl(url);
  const headers = { 'content-type': contentType, ...more, ...(authorization !== undefined && { authorization }) };
  let patienceMs = waitMs;
  const attempt = async (number: number) => {
    const { status, askedMs } = await post(target, headers, body, timeoutMs);
    if (status >= 200 && status < 300) return;
    const refusal = new Error(`${target.host} answered HTTP ${status}`);
    if (waitMs > 0 && askedMs !== undefined && number <= retries) {
      if (askedMs > patienceMs) throw new AbortError(`${refusal.message}, and asks to wait ${askedMs / 1000} s`);
      patienceMs -= askedMs;
      await delay(askedMs);
    }
    throw status === 429 || status >= 500 ? refusal : new AbortError(refusal);
  };
  await pRetry(attempt, { retries, minTimeout: 500, factor: 2 });
}

interface Answer {
  readonly status: number;
  readonly askedMs?: number | undefined;
}

async function post(target: URL, headers: Record<string, string>, body: string, timeoutMs: number): Promise<Answer> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    // A redirected POST becomes a GET, whose 200 would mean nothing.
    const answer = await fetch(target, { method: 'POST', headers, body, redirect: 'manual', signal });
    const { status } = answer;
    if (status === 429) return { status, askedMs: askedWaitMs(answer.headers.get('retry-after'), await answer.text()) };
    await answer.body?.cancel();
    return { status };
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
