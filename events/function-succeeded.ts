import { readInvocationRecord, refusal, saysSuccess, shortName } from './invocation-record.ts';

const SUBJECT = 'function succeeded';

/** A function that ended well. */
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

/**
 * Function succeeded → which one, on which event, with what answer: the record that Lambda sends to an `onSuccess`
 * destination.
 *
 * @throws {@link EventError} if it is not such a record
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export function parseFunctionSucceeded(event: unknown): FunctionSucceeded {
  const { timestamp, requestContext, requestPayload, responsePayload } = readInvocationRecord(event, SUBJECT);
  if (!saysSuccess(event)) throw refusal(SUBJECT, `it is the record of ${requestContext.condition}`);
  return {
    function: shortName(requestContext.functionArn),
    requestId: requestContext.requestId,
    at: new Date(timestamp),
    request: requestPayload,
    response: responsePayload,
  };
}
