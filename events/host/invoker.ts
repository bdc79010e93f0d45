import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { FailurePayload } from '../failure-payload.mjs';
import { type EndedInvocation, failureRecord, successRecord } from '../invocation-record.ts';

export interface InvokerOptions {
  /** By function key (`dump`): its full name, and what becomes of its end. */
  readonly functions: ReadonlyMap<string, HostedFunction>;
  /** Runs a function once, in whatever way. Never rejects. */
  readonly run: (invocation: Invocation) => Promise<Outcome>;
  /** The wait before each retry; the last one serves for all further. */
  readonly retryDelaysMs: readonly number[];
  /** Gets every try that failed. */
  readonly onFailedTry: (failed: FailedTry) => void;
  /** Gets the last try of a function that failed for good, where nobody else gets it. */
  readonly onLost: (failed: FailedTry) => void;
}

export interface HostedFunction {
  /** With service and stage: `pgvouch-prod-dump`. */
  readonly name: string;
  readonly maximumRetryAttempts: number;
  /** The function that gets the record of a final failure. */
  readonly onFailure: string | undefined;
  /** The function that gets the record of a success. */
  readonly onSuccess?: string | undefined;
}

/** One try. */
export interface Invocation {
  readonly key: string;
  readonly name: string;
  readonly requestId: string;
  readonly event: unknown;
  /** Aborts when nobody waits for it any more. */
  readonly signal: AbortSignal;
}

export type Outcome = { readonly failure: FailurePayload } | { readonly failure?: undefined; readonly answer: unknown };

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
    if (target === undefined) throw new Error(`there is no function ${key}`);
    for (let attempt = 1; ; attempt++) {
      const requestId = crypto.randomUUID();
      const { name } = target;
      const outcome = await options.run({ key, name, requestId, event, signal: breakingOff.signal });
      if (closing.signal.aborted) return;
      const ended: EndedInvocation = { functionName: name, requestId, attempts: attempt, event };
      const { failure } = outcome;
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
      await delay(delayMs, undefined, { signal: closing.signal }).catch(() => {});
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
