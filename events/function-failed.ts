import * as z from 'zod';
import { problemsOf } from '../layers/backup/document.ts';
import { EventError, splitHint } from '../layers/backup/errors.ts';

/** A function of ours that the platform has given up on. */
export interface FunctionFailed {
  /** Its name in serverless.yml: `dump`. */
  readonly function: string;
  readonly requestId: string;
  readonly at: Date;
  /** How often it was tried, at least 1. */
  readonly attempts: number;
  /** `RetriesExhausted` or `EventAgeExceeded`. */
  readonly condition: string;
  readonly error: { readonly type: string; readonly problem: string; readonly hint?: string };
  /** The event that it failed on, as it was. */
  readonly request: unknown;
}

const failedEvent = z.object({
  timestamp: z.iso.datetime({ offset: true }),
  requestContext: z.object({
    requestId: z.string(),
    functionArn: z.string().regex(/:function:[\w-]+/, 'not the ARN of a function'),
    condition: z.string(),
    approximateInvokeCount: z.int().nonnegative(),
  }),
  requestPayload: z.unknown().optional(),
  responsePayload: z.unknown().optional(),
});

const failedResponse = z.object({ errorType: z.string().optional(), errorMessage: z.string().optional() });

/**
 * Function failed → what failed, why, and on which event: the record that Lambda sends to an `onFailure` destination.
 * What Lambda itself says (out of time, out of memory) is put in words that tell what to do.
 *
 * @throws {@link EventError} if it is not such a record
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export function parseFunctionFailed(event: unknown): FunctionFailed {
  const parsed = failedEvent.safeParse(event);
  if (!parsed.success) {
    throw new EventError({
      operation: 'read event',
      subject: 'function failed',
      problem: problemsOf(parsed.error),
      hint: "notify is for Lambda's onSuccess and onFailure destinations: it accepts nothing else",
    });
  }
  const { timestamp, requestContext, requestPayload, responsePayload } = parsed.data;
  return {
    function: shortName(requestContext.functionArn),
    requestId: requestContext.requestId,
    at: new Date(timestamp),
    // Lambda's count is approximate, and 0 for an event that was dropped before its first try.
    attempts: Math.max(1, requestContext.approximateInvokeCount),
    condition: requestContext.condition,
    error: readError(responsePayload, requestContext.condition),
    request: requestPayload,
  };
}

/** `arn:…:function:pgvouch-prod-dump:$LATEST` → `dump`: the framework puts service and stage before it. */
export function shortName(functionArn: string): string {
  return /:function:(?:[\w-]*-)?(\w+)/.exec(functionArn)?.[1] ?? functionArn;
}

function readError(responsePayload: unknown, condition: string): FunctionFailed['error'] {
  const response = failedResponse.safeParse(responsePayload);
  const { errorType, errorMessage } = response.success ? response.data : {};
  if (errorMessage === undefined && condition === 'EventAgeExceeded') {
    return {
      type: condition,
      problem: 'the event waited too long and was dropped',
      hint: "the function was throttled: look at its Throttles metric, its reserved concurrency and the account's limit",
    };
  }
  const type = errorType ?? 'Unhandled';
  const message = (errorMessage ?? 'it left no error message').replace(/^RequestId: \S+ (?:Error: )?/, '');
  const translated = PLATFORM_ERRORS.find(({ type: types, message: says }) => types.test(type) || says.test(message));
  if (translated) return { type, problem: translated.problem(message), hint: translated.hint };
  return { type, ...splitHint(message) };
}

/** What Lambda says of a function that it ended, and what to do about it. Anchored: our own errors may quote the words. */
const PLATFORM_ERRORS = [
  {
    type: /^Sandbox\.Timedout$/,
    message: /^(?:\S+ \S+ )?Task timed out after/,
    problem: (message: string) => {
      const seconds = /timed out after ([\d.]+) seconds/.exec(message)?.[1];
      return `it was still running at its time limit${seconds === undefined ? '' : ` of ${Number(seconds)} s`} and was stopped`;
    },
    hint: 'raise its timeout (900 s at most on AWS) or its memory, which also brings CPU; run a larger database elsewhere',
  },
  {
    type: /^Runtime\.OutOfMemory$/,
    message: /^Runtime exited with error: (?:signal: (?:killed|aborted)|exit status 134)/,
    problem: (message: string) => `it was killed, most likely because it ran out of memory: ${message}`,
    hint: 'raise its memory; pg_dump needs about four times the size of the largest row',
  },
] as const;
