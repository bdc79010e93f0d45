import { randomUUID } from 'node:crypto';
import { runtimeExited, timedOut } from '../failure-payload.mjs';
import type { Outcome } from '../host/invoker.ts';
import { type Answer, type Child, type ChildOptions, startChild } from './child-process.ts';
import { failureOfExit } from './exits.ts';
import { longerWaitMs } from './longer-wait.ts';

export interface WarmOptions extends Omit<ChildOptions, 'onAnswer'> {
  readonly name: string;
  readonly limitMs: number;
  /** Gets why the process ended, if nobody asked for it, and when it is started again. */
  readonly onEnd: (problem: string, againInMs: number) => void;
}

export interface WarmFunction {
  /** Never rejects. Invocations may run side by side. */
  invoke(event: unknown): Promise<Outcome>;
  isRunning(): boolean;
  stop(): void;
}

/** As many as wait for the process at the same time; what comes on top is refused. */
const MOST_PENDING = 50;

/** Keeps a function's process running, and starts it again when it ends: at once, then after growing waits. */
export function keepWarm(options: WarmOptions): WarmFunction {
  const { name, limitMs } = options;
  const pending = new Map<string, (outcome: Outcome) => void>();
  let child: Child | undefined;
  let timer: NodeJS.Timeout | undefined;
  let waitMs = 0;
  let stopped = false;

  function start(): void {
    let crash: Answer['crash'];
    const started = startChild({
      ...options,
      onAnswer(answer) {
        if (answer.crash !== undefined) {
          crash = answer.crash;
          return;
        }
        waitMs = 0;
        pending.get(answer.id)?.(answer.failure ? { failure: answer.failure } : { answer: answer.result ?? null });
      },
    });
    child = started;
    void started.ended.then((exit) => {
      child = undefined;
      const failure = crash ?? failureOfExit(exit);
      for (const settle of [...pending.values()]) settle({ failure });
      if (stopped) return;
      options.onEnd(`${failure.errorType}: ${failure.errorMessage}`, waitMs);
      timer = setTimeout(start, waitMs);
      waitMs = longerWaitMs(waitMs);
    });
  }

  start();
  return {
    invoke(event) {
      const running = child;
      if (running === undefined) return Promise.resolve({ failure: runtimeExited(`${name} is being started again`) });
      if (pending.size >= MOST_PENDING) {
        return Promise.resolve({ failure: runtimeExited(`${MOST_PENDING} requests are being answered already`) });
      }
      const id = randomUUID();
      return new Promise<Outcome>((resolve) => {
        const limit = setTimeout(() => {
          settle({ failure: timedOut(limitMs) });
          running.kill();
        }, limitMs);
        const settle = (outcome: Outcome) => {
          clearTimeout(limit);
          pending.delete(id);
          resolve(outcome);
        };
        pending.set(id, settle);
        running.invoke({ id, name, event, limitMs });
      });
    },
    isRunning: () => child !== undefined,
    stop() {
      stopped = true;
      clearTimeout(timer);
      child?.kill();
    },
  };
}
