import { type FailurePayload, runtimeExited, timedOut } from '../failure-payload.mjs';
import type { Invocation, Outcome } from '../host/invoker.ts';
import { type Answer, startChild } from './child-process.ts';
import { failureOfExit } from './exits.ts';

export interface RunOptions {
  readonly child: string;
  readonly module: string;
  readonly env: NodeJS.ProcessEnv;
  /** As Lambda's timeout: then the process is killed. */
  readonly limitMs: number;
  /** Gets each line that the function writes. */
  readonly onLine: (line: string) => void;
}

/**
 * Runs a function once, in a process of its own that is gone afterwards with all that it started. Never rejects: a crash, a
 * timeout, too little memory are failures, in Lambda's words.
 */
export async function runFunction(options: RunOptions, invocation: Invocation): Promise<Outcome> {
  const { requestId: id, name, event, closing, signal } = invocation;
  const { limitMs } = options;
  let answer: Answer | undefined;
  let ended: FailurePayload | undefined;
  const child = startChild({
    ...options,
    onAnswer(given) {
      answer = given;
      if (given.crash === undefined) child.kill();
    },
  });
  const kill = (why: FailurePayload) => {
    ended ??= why;
    child.kill();
  };
  const end = () => child.end();
  const breakOff = () => kill(runtimeExited('the service ended during it'));
  const timer = setTimeout(() => kill(timedOut(limitMs)), limitMs);
  closing.addEventListener('abort', end);
  signal.addEventListener('abort', breakOff);
  child.invoke({ id, name, event, limitMs });
  if (closing.aborted) end();
  if (signal.aborted) breakOff();
  const exit = await child.ended;
  clearTimeout(timer);
  closing.removeEventListener('abort', end);
  signal.removeEventListener('abort', breakOff);
  if (answer?.crash) return { failure: answer.crash };
  if (answer?.failure) return { failure: answer.failure };
  if (answer) return { answer: answer.result ?? null };
  return { failure: ended ?? failureOfExit(exit) };
}
