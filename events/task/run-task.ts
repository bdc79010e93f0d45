import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import type { Logger } from 'pino';
import { textOf } from '../../layers/backup/errors.ts';
import { FUNCTIONS, retryDelaysMs, type TaskName } from '../../layers/settings/functions.ts';
import { failurePayload } from '../failure-payload.mjs';
import { failureRecord, successRecord } from '../invocation-record.ts';
import { TOLD } from '../task-stopped.ts';

/** The part of Lambda's context that these functions read. */
type TaskContext = Pick<Context, 'getRemainingTimeInMillis' | 'awsRequestId'> & { readonly signal: AbortSignal };

export type Handler = (event: unknown, context: TaskContext) => Promise<unknown>;

export interface TaskRun {
  readonly name: TaskName;
  /** Loads the function, which reads its configuration then. */
  readonly load: () => Promise<Handler>;
  readonly event: unknown;
  /** For each try; for ever by default. */
  readonly timeoutMs: number;
  /** Tells notify of the end; undefined where there is none. */
  readonly tell: ((record: object) => Promise<void>) | undefined;
  /** Before the first retry. */
  readonly firstDelayMs: number;
  /** Aborts when the platform ends the task. */
  readonly stop: AbortSignal;
  readonly log: Logger;
}

/**
 * Runs a function as a task of its own, as Lambda runs one asynchronously: twice more if it fails, and in the end notify
 * gets the same record. A task that is stopped tries no more.
 *
 * @returns the exit code: 0; 1 if it failed and nobody knows; {@link TOLD} if it failed and notify knows. Never throws
 */
export async function runTask(run: TaskRun): Promise<number> {
  const { name, event, tell, log } = run;
  const requestId = randomUUID();
  const { attempts, ...outcome } = await tryAll(run, requestId);
  const ended = { functionName: name, requestId, attempts, event };
  const record =
    'error' in outcome
      ? failureRecord(ended, failurePayload(outcome.error), new Date())
      : successRecord(ended, outcome.answer, new Date());
  const isTold = await told(tell, record, log);
  if (!('error' in outcome)) return 0;
  return isTold ? TOLD : 1;
}

type Outcome = { readonly answer: unknown } | { readonly error: unknown };

async function tryAll(run: TaskRun, requestId: string): Promise<Outcome & { readonly attempts: number }> {
  const { name, load, event, timeoutMs, stop, log } = run;
  const delays = retryDelaysMs(run.firstDelayMs).slice(0, FUNCTIONS[name].invoked.maximumRetryAttempts);
  let handler: Handler | undefined;
  for (let attempts = 1; ; attempts++) {
    const endsAt = performance.now() + timeoutMs;
    const getRemainingTimeInMillis = () => Math.max(0, endsAt - performance.now());
    try {
      handler ??= await load();
      const answer = await handler(event, { awsRequestId: requestId, getRemainingTimeInMillis, signal: stop });
      return { answer, attempts };
    } catch (error) {
      // What could not even be loaded has a wrong configuration, and will not have another.
      const willRetryInMs = stop.aborted || handler === undefined ? undefined : delays[attempts - 1];
      log.error({ requestId, function: name, attempt: attempts, willRetryInMs, err: error }, 'the function failed');
      if (willRetryInMs === undefined) return { error, attempts };
      await delay(willRetryInMs, undefined, { signal: stop }).catch(() => {});
      if (stop.aborted) return { error, attempts };
    }
  }
}

async function told(tell: TaskRun['tell'], record: object, log: Logger): Promise<boolean> {
  if (tell === undefined) return false;
  try {
    await tell(record);
    return true;
  } catch (error) {
    log.error({ err: error, problem: textOf(error) }, 'its end could not be reported to notify');
    return false;
  }
}
