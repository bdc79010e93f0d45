import { parseFunctionFailed } from './function-failed.ts';
import { parseFunctionSucceeded } from './function-succeeded.ts';
import { saysSuccess } from './invocation-record.ts';
import { parseTaskStopped, saysTask, type TaskEnded } from './task-stopped.ts';

/** How a function ended, after its last retry. Only a task's outcome can be `told`. */
export type FunctionEnded = TaskEnded;

/**
 * Function ended, well or not: the records of Lambda's `onSuccess` and `onFailure` destinations, which tasks send too, and
 * the events of ECS of tasks that stopped. What says neither of a task nor of a success is for {@link parseFunctionFailed}
 * to read or to refuse.
 *
 * @throws {@link EventError} if it is neither
 */
export function parseFunctionEnded(event: unknown): FunctionEnded {
  if (saysTask(event)) return parseTaskStopped(event);
  if (saysSuccess(event)) return { outcome: 'succeeded', succeeded: parseFunctionSucceeded(event) };
  return { outcome: 'failed', failed: parseFunctionFailed(event) };
}
