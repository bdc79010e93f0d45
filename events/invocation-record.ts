import * as z from 'zod';
import { problemsOf } from '../layers/backup/document.ts';
import { EventError } from '../layers/backup/errors.ts';
import type { FailurePayload } from './failure-payload.mjs';

/**
 * What Lambda sends to a function's destinations once an asynchronous invocation has ended: the host makes such records
 * too, and notify reads them.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export type InvocationRecord = z.infer<typeof recordSchema>;

const recordSchema = z.object({
  timestamp: z.iso.datetime({ offset: true }),
  requestContext: z.object({
    requestId: z.string(),
    functionArn: z.string().regex(/:function:[\w-]+/, 'not the ARN of a function'),
    /** `Success`, `RetriesExhausted` or `EventAgeExceeded`. */
    condition: z.string(),
    /** Approximate indeed, and 0 for an event that was dropped before its first try. */
    approximateInvokeCount: z.int().nonnegative().optional(),
  }),
  /** The event, as it was. */
  requestPayload: z.unknown().optional(),
  /** What the function answered: a {@link FailurePayload} if it failed. */
  responsePayload: z.unknown().optional(),
});

const SUCCESS = 'Success';

/** What a failed function answers. */
export const failurePayloadSchema: z.ZodType<FailurePayload> = z.object({
  errorType: z.string(),
  errorMessage: z.string(),
  trace: z.array(z.string()),
});

/** An invocation that has ended. */
export interface EndedInvocation {
  /** With service and stage: `pgvouch-prod-dump`. */
  readonly functionName: string;
  readonly requestId: string;
  /** How often it was tried. */
  readonly attempts: number;
  readonly event: unknown;
}

/** The record of a success, with what the function answered. */
export function successRecord(ended: EndedInvocation, answer: unknown, now: Date) {
  return recordOf(ended, now, { condition: SUCCESS, answer });
}

/** The record of a failure that is not tried again. */
export function failureRecord(ended: EndedInvocation, failure: FailurePayload, now: Date) {
  return recordOf(ended, now, { condition: 'RetriesExhausted', functionError: 'Unhandled', answer: failure });
}

function recordOf(
  { functionName, requestId, attempts, event }: EndedInvocation,
  now: Date,
  { condition, functionError, answer }: { condition: string; functionError?: string; answer: unknown },
) {
  return {
    version: '1.0',
    timestamp: now.toISOString(),
    requestContext: {
      requestId,
      functionArn: `arn:aws:lambda:local:000000000000:function:${functionName}:$LATEST`,
      condition,
      approximateInvokeCount: attempts,
    },
    requestPayload: event,
    responseContext: {
      statusCode: 200,
      executedVersion: '$LATEST',
      ...(functionError !== undefined && { functionError }),
    },
    responsePayload: answer,
  } satisfies InvocationRecord & Record<string, unknown>;
}

/**
 * Reads a record, of whatever end.
 *
 * @param subject - what the event should have been, for the message: `function failed`
 * @throws {@link EventError} if it is none
 */
export function readInvocationRecord(event: unknown, subject: string): InvocationRecord {
  const parsed = recordSchema.safeParse(event);
  if (parsed.success) return parsed.data;
  throw refusal(subject, problemsOf(parsed.error));
}

/** The error for an event that is not the record that was expected. */
export function refusal(subject: string, problem: string): EventError {
  return new EventError({
    operation: 'read event',
    subject,
    problem,
    hint: "notify is for Lambda's onSuccess and onFailure destinations: it accepts nothing else",
  });
}

/** Whether an event says that it is of a success, even if nothing else in it is right. */
export function saysSuccess(event: unknown): boolean {
  return z.object({ requestContext: z.object({ condition: z.literal(SUCCESS) }) }).safeParse(event).success;
}

/** `arn:…:function:pgvouch-prod-dump:$LATEST` → `dump`: the framework puts service and stage before it. */
export function shortName(functionArn: string): string {
  return /:function:(?:[\w-]*-)?(\w+)/.exec(functionArn)?.[1] ?? functionArn;
}

/** Bytes. An event to Lambda holds 1 MB (256 kB, until 2025), and the record also carries the event that the function was given. */
const MOST_ANSWER_BYTES = 100_000;

/**
 * Whether a function's answer may travel in the record of its success: one that is too large would lose the record.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export function fitsRecord(answer: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(answer)) <= MOST_ANSWER_BYTES;
}
