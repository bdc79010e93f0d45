import { type FunctionFailed, parseFunctionFailed } from './function-failed.ts';
import { type FunctionSucceeded, parseFunctionSucceeded } from './function-succeeded.ts';
import { saysSuccess } from './invocation-record.ts';

/** How a function of ours ended, once the platform tries no more. */
export type FunctionEnded =
  | { readonly outcome: 'failed'; readonly failed: FunctionFailed }
  | { readonly outcome: 'succeeded'; readonly succeeded: FunctionSucceeded };

/**
 * Function ended, well or not: the records of Lambda's `onSuccess` and `onFailure` destinations. What does not say that
 * it is of a success is for {@link parseFunctionFailed} to read or to refuse.
 *
 * @throws {@link EventError} if it is neither
 */
export function parseFunctionEnded(event: unknown): FunctionEnded {
  if (saysSuccess(event)) return { outcome: 'succeeded', succeeded: parseFunctionSucceeded(event) };
  return { outcome: 'failed', failed: parseFunctionFailed(event) };
}
