import * as z from 'zod';
import { problemsOf } from '../layers/backup/document.ts';
import { EventError } from '../layers/backup/errors.ts';
import { shortName } from './function-failed.ts';

/** A function of ours that ended well. */
export interface FunctionSucceeded {
  /** Its name in serverless.yml: `dump`. */
  readonly function: string;
  readonly requestId: string;
  readonly at: Date;
  /** The event that it was given, as it was. */
  readonly request: unknown;
  /** What it answered, as it was. */
  readonly response: unknown;
}

const succeededEvent = z.object({
  timestamp: z.iso.datetime({ offset: true }),
  requestContext: z.object({
    requestId: z.string(),
    functionArn: z.string().regex(/:function:[\w-]+/, 'not the ARN of a function'),
    condition: z.literal('Success'),
  }),
  requestPayload: z.unknown().optional(),
  responsePayload: z.unknown().optional(),
});

/**
 * Function succeeded → which one, on which event, with what answer: the record that Lambda sends to an `onSuccess`
 * destination.
 *
 * @throws {@link EventError} if it is not such a record
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export function parseFunctionSucceeded(event: unknown): FunctionSucceeded {
  const parsed = succeededEvent.safeParse(event);
  if (!parsed.success) {
    throw new EventError({
      operation: 'read event',
      subject: 'function succeeded',
      problem: problemsOf(parsed.error),
      hint: "notify is for Lambda's onSuccess and onFailure destinations: it accepts nothing else",
    });
  }
  const { timestamp, requestContext, requestPayload, responsePayload } = parsed.data;
  return {
    function: shortName(requestContext.functionArn),
    requestId: requestContext.requestId,
    at: new Date(timestamp),
    request: requestPayload,
    response: responsePayload,
  };
}

/** Whether an event says that it is of a success; what says nothing is for {@link parseFunctionFailed} to refuse. */
export function isFunctionSucceeded(event: unknown): boolean {
  return z.object({ requestContext: z.object({ condition: z.literal('Success') }) }).safeParse(event).success;
}
