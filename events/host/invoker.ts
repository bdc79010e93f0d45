import { setMaxListeners } from 'node:events';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type FailurePayload, runtimeExited } from '../failure-payload.mjs';
import { type EndedInvocation, failurePayloadSchema, failureRecord, successRecord } from '../invocation-record.ts';

export interface InvokerOptions {
  /** Of serverless-offline's Lambda API. */
  readonly port: number;
  /** By function key (`dump`): its full name, and what becomes of its end. */
  readonly functions: ReadonlyMap<string, LocalFunction>;
  /** The wait before each retry; the last one serves for all further. */
  readonly retryDelaysMs: readonly number[];
  /** Told of every try that failed. */
  readonly onFailedTry: (failed: FailedTry) => void;
  /** Told when a function failed for good and nobody else is told. */
  readonly onLost: (failed: FailedTry) => void;
}

export interface LocalFunction {
  readonly name: string;
  readonly maximumRetryAttempts: number;
  /** The function that gets the record of a final failure. */
  readonly onFailure: string | undefined;
  /** The function that gets the record of a success. */
  readonly onSuccess?: string | undefined;
}

export interface FailedTry {
  readonly function: string;
  readonly event: unknown;
  readonly attempt: number;
  readonly willRetryInMs: number | undefined;
  readonly failure: FailurePayload;
}

export type Invoker = ReturnType<typeof openInvoker>;

/**
 * Invokes functions as Lambda does asynchronously: again after a failure, and in the end the `onFailure` or `onSuccess`
 * destination gets the record of it. Never rejects.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function openInvoker(options: InvokerOptions) {
  const closing = new AbortController();
  const breakingOff = new AbortController();
  // Each invocation under way listens to it: there may be many.
  setMaxListeners(0, breakingOff.signal);
  const underWay = new Set<Promise<void>>();

  async function invoke(key: string, event: unknown): Promise<void> {
    const target = options.functions.get(key);
    if (target === undefined) throw new Error(`serverless.yml has no function ${key}`);
    for (let attempt = 1; ; attempt++) {
      const outcome = await invokeOnce(options.port, target.name, event, breakingOff.signal);
      const { requestId, failure } = outcome;
      if (closing.signal.aborted) return;
      const ended: EndedInvocation = { functionName: target.name, requestId, attempts: attempt, event };
      if (failure === undefined) {
        if (target.onSuccess === undefined) return;
        // Whoever waits for the function does not wait for what is told of it.
        void track(invoke(target.onSuccess, successRecord(ended, outcome.answer, new Date())));
        return;
      }
      const last = attempt > target.maximumRetryAttempts;
      const delayMs = options.retryDelaysMs[Math.min(attempt, options.retryDelaysMs.length) - 1] ?? 0;
      const failed = { function: key, event, attempt, willRetryInMs: last ? undefined : delayMs, failure };
      options.onFailedTry(failed);
      if (last) {
        if (target.onFailure === undefined) return options.onLost(failed);
        return invoke(target.onFailure, failureRecord(ended, failure, new Date()));
      }
      await waitUnlessAborted(delayMs, closing.signal);
      if (closing.signal.aborted) return;
    }
  }

  function track(invoked: Promise<void>): Promise<void> {
    const done = invoked.finally(() => underWay.delete(done));
    underWay.add(done);
    return done;
  }

  return {
    /** Starts an invocation with all its retries; resolves when it has ended in whatever way. */
    invoke: (key: string, event: unknown): Promise<void> => track(invoke(key, event)),
    /** Gives up all retries at once, and after a while the invocations under way. Resolves when none is left. */
    async close(graceMs: number): Promise<void> {
      closing.abort();
      const patience = setTimeout(() => breakingOff.abort(), graceMs);
      await Promise.allSettled(underWay);
      clearTimeout(patience);
    },
  };
}

async function invokeOnce(port: number, name: string, event: unknown, signal: AbortSignal) {
  const requestId = crypto.randomUUID();
  try {
    const { status, body } = await post(port, name, JSON.stringify(event), signal);
    const answer: unknown = body === '' ? null : JSON.parse(body);
    const parsed = failurePayloadSchema.safeParse(answer);
    if (parsed.success) return { requestId, failure: parsed.data };
    if (status === 200) return { requestId, failure: undefined, answer };
    return { requestId, failure: runtimeExited(`the Lambda API answered ${status}: ${body.slice(0, 500)}`) };
  } catch (error) {
    return { requestId, failure: runtimeExited(`the invocation broke off: ${error}`) };
  }
}

/** node:http, since fetch gives up after 300 s of silence, and a dump may be silent for longer. */
function post(
  port: number,
  name: string,
  payload: string,
  signal: AbortSignal,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const path = `/2015-03-31/functions/${name}/invocations`;
    const headers = { 'content-type': 'application/json', 'x-amz-invocation-type': 'RequestResponse' };
    const outgoing = request(
      { host: '127.0.0.1', port, path, method: 'POST', headers, signal, agent: false },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}

async function waitUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}
