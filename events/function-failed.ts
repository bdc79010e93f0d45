import * as z from 'zod';
import { splitHint } from '../layers/backup/errors.ts';
import { LAMBDA_TIMEOUT_S } from '../layers/backup/lambda-limits.ts';
import { type FailurePayload, isOutOfMemory, readTimedOut } from './failure-payload.mjs';
import { readInvocationRecord, refusal, shortName } from './invocation-record.ts';

/** A function that the platform has given up on. */
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

const SUBJECT = 'function failed';
const failedResponse = z.object({ errorType: z.string().optional(), errorMessage: z.string().optional() });

/**
 * Function failed → what failed, why, and on which event: the record that Lambda sends to an `onFailure` destination.
 * What Lambda itself says (out of time, out of memory) is put in words that tell what to do.
 *
 * @throws {@link EventError} if it is not such a record
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export function parseFunctionFailed(event: unknown): FunctionFailed {
  const { timestamp, requestContext, requestPayload, responsePayload } = readInvocationRecord(event, SUBJECT);
  const { approximateInvokeCount } = requestContext;
  if (approximateInvokeCount === undefined) throw refusal(SUBJECT, 'it says nothing of how often it was tried');
  return {
    function: shortName(requestContext.functionArn),
    requestId: requestContext.requestId,
    at: new Date(timestamp),
    attempts: Math.max(1, approximateInvokeCount),
    condition: requestContext.condition,
    error: readError(responsePayload, requestContext.condition),
    request: requestPayload,
  };
}

/** What a failure says, in the same words. */
export function readFailure(failure: FailurePayload): FunctionFailed['error'] {
  return readError(failure, 'RetriesExhausted');
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
  return { type, ...(inPlatformsWords(type, message) ?? splitHint(message)) };
}

/** What Lambda says of a function that it ended, and what to do about it. */
function inPlatformsWords(type: string, message: string): { problem: string; hint: string } | undefined {
  const timedOut = readTimedOut(type, message);
  if (timedOut) {
    const { seconds } = timedOut;
    return {
      problem: `it was still running at its time limit${seconds === undefined ? '' : ` of ${seconds} s`} and was stopped`,
      hint: `raise its timeout (${LAMBDA_TIMEOUT_S} s at most on AWS) or its memory, which also brings CPU; on AWS, DUMP_ON, VERIFY_ON, BASE_ON and RECOVERY_ON run what is larger as tasks`,
    };
  }
  if (!isOutOfMemory(type, message)) return undefined;
  return {
    problem: `it was killed, most likely because it ran out of memory: ${message}`,
    hint: 'raise its memory; pg_dump needs about four times the size of the largest row',
  };
}
