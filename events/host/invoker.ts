import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type FailurePayload, runtimeExited } from '../failure-payload.mjs';
import { type EndedInvocation, failureRecord, successRecord } from '../invocation-record.ts';
import { type Accepted, type Journal, NO_JOURNAL } from './journal.ts';
import { openTurns, type Turns } from './turns.ts';

export interface InvokerOptions {
  /** By function key (`dump`): its full name, and what becomes of its end. */
  readonly functions: ReadonlyMap<string, HostedFunction>;
  /** Runs a function once, in whatever way. Never rejects. */
  readonly run: (invocation: Invocation) => Promise<Outcome>;
  /** Where accepted events are remembered; nowhere by default. */
  readonly journal?: Journal;
  /** The wait before each retry; the last one serves for all further. */
  readonly retryDelaysMs: readonly number[];
  /** Gets each event that a success led to, and its end with all retries. */
  readonly onNext?: (key: string, event: unknown, done: Promise<void>) => void;
  /** Gets every try that failed. */
  readonly onFailedTry: (failed: FailedTry) => void;
  /** Gets the last try of a function that failed for good, where nobody else gets it. */
  readonly onLost: (failed: FailedTry) => void;
}

export interface HostedFunction {
  /** With service and stage: `pgvouch-prod-dump`. */
  readonly name: string;
  readonly maximumRetryAttempts: number;
  /** How many may run at the same time, as Lambda's reserved concurrency, or turns shared with others; any number by default. */
  readonly atOnce?: number | Turns;
  /** The function that gets the record of a final failure. */
  readonly onFailure: string | undefined;
  /** The function that gets the record of a success. */
  readonly onSuccess?: string | undefined;
  /** The events that its answer leads to, in their order. They are accepted before the one that it answered has ended. */
  readonly leadsTo?: (answer: unknown) => readonly { readonly key: string; readonly event: unknown }[];
  /** Whether successes of one outcome say the same, whatever fired them: then only the first after a failure is heard of. */
  readonly alike?: boolean;
}

/** One try. */
export interface Invocation {
  readonly key: string;
  readonly name: string;
  readonly requestId: string;
  readonly event: unknown;
  /** Aborts when the host ends: what runs may clear up, and what fails from then on does not count. */
  readonly closing: AbortSignal;
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
 * destination gets the record of it.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function openInvoker(options: InvokerOptions) {
  const { functions, journal = NO_JOURNAL } = options;
  const closing = new AbortController();
  const breakingOff = new AbortController();
  // Each invocation under way listens to them: there may be many.
  setMaxListeners(0, closing.signal, breakingOff.signal);
  const turns = new Map(
    Array.from(functions, ([key, { atOnce = Infinity }]) => [
      key,
      typeof atOnce === 'number' ? openTurns(atOnce) : atOnce,
    ]),
  );
  const underWay = new Set<Promise<void>>();
  /** By function, the outcomes that notify has heard of. Nothing is known of earlier hosts. */
  const heard = new Map<string, Set<unknown>>();

  function tellOfSuccess(key: string, ended: EndedInvocation, answer: unknown): void {
    const { onSuccess, alike = false } = targetOf(key);
    const outcomes = heard.get(key) ?? new Set();
    const outcome = outcomeOf(answer);
    if (onSuccess === undefined || (alike && outcomes.has(outcome))) return;
    heard.set(key, outcomes.add(outcome));
    // Whoever waits for the function does not wait for its destination.
    void invoke(onSuccess, successRecord(ended, answer, new Date()));
  }

  /** @returns undefined if the host ended before or during the try, so that it does not count */
  async function tryOnce(accepted: Accepted, name: string, attempt: number) {
    const { key, event } = accepted;
    const requestId = crypto.randomUUID();
    const outcome = await turns.get(key)?.take(async () => {
      if (closing.signal.aborted) return undefined;
      accepted.began(attempt);
      return options.run({ key, name, requestId, event, closing: closing.signal, signal: breakingOff.signal });
    });
    if (outcome === undefined) return undefined;
    if (outcome.failure !== undefined && closing.signal.aborted) {
      accepted.began(attempt - 1);
      return undefined;
    }
    return { outcome, ended: { functionName: name, requestId, attempts: attempt, event } satisfies EndedInvocation };
  }

  async function run(accepted: Accepted): Promise<void> {
    const { key, event } = accepted;
    const target = targetOf(key);
    for (let attempt = accepted.attempts + 1; ; attempt++) {
      const tried =
        attempt > target.maximumRetryAttempts + 1
          ? brokenOff(target, accepted)
          : await tryOnce(accepted, target.name, attempt);
      if (tried === undefined) return;
      const { outcome, ended } = tried;
      const { failure } = outcome;
      if (failure === undefined) {
        for (const next of target.leadsTo?.(outcome.answer) ?? []) {
          const done = invoke(next.key, next.event);
          options.onNext?.(next.key, next.event, done);
        }
        tellOfSuccess(key, ended, outcome.answer);
        return accepted.ended();
      }
      const last = attempt > target.maximumRetryAttempts;
      const delayMs = options.retryDelaysMs[Math.min(attempt, options.retryDelaysMs.length) - 1] ?? 0;
      const failed = { function: key, event, attempt, willRetryInMs: last ? undefined : delayMs, failure };
      options.onFailedTry(failed);
      if (last) {
        heard.delete(key);
        // Whom it was to tell may not know.
        if (target.onFailure === undefined) {
          heard.clear();
          options.onLost(failed);
        }
        // Remembered before the event that it is about is forgotten.
        const { onFailure } = target;
        const telling =
          onFailure === undefined ? undefined : invoke(onFailure, failureRecord(ended, failure, new Date()));
        accepted.ended();
        return telling;
      }
      await delay(delayMs, undefined, { signal: closing.signal }).catch(() => {});
      if (closing.signal.aborted) return;
    }
  }

  function invoke(key: string, event: unknown): Promise<void> {
    targetOf(key);
    return takeUp(journal.accept(key, event));
  }

  function takeUp(accepted: Accepted): Promise<void> {
    const done = run(accepted).finally(() => underWay.delete(done));
    underWay.add(done);
    return done;
  }

  function targetOf(key: string): HostedFunction {
    const target = functions.get(key);
    if (target === undefined) throw new Error(`there is no function ${key}`);
    return target;
  }

  return {
    /** Accepts an event and starts its invocation with all its retries; resolves when that has ended in whatever way. */
    invoke,
    /** The same for an event that an earlier host accepted. Tries that it had begun count. */
    takeUp,
    /**
     * Gives up all retries at once, and after a while the invocations under way. Resolves when none is left. What has not
     * ended by then stays in the journal.
     */
    async close(graceMs: number): Promise<void> {
      closing.abort();
      const patience = setTimeout(() => breakingOff.abort(), graceMs);
      while (underWay.size > 0) await Promise.allSettled(underWay);
      clearTimeout(patience);
    },
  };
}

/** Of an event whose every try took the host along. */
function brokenOff({ name, maximumRetryAttempts }: HostedFunction, { attempts, event }: Accepted) {
  const tries = maximumRetryAttempts + 1;
  const failure = runtimeExited(
    `the process that ran it ended ${tries === 1 ? 'during it' : `during each of ${tries} tries`}`,
  );
  return {
    outcome: { failure } as Outcome,
    ended: { functionName: name, requestId: crypto.randomUUID(), attempts, event },
  };
}

function outcomeOf(answer: unknown): unknown {
  return typeof answer === 'object' && answer !== null && 'outcome' in answer ? answer.outcome : undefined;
}
