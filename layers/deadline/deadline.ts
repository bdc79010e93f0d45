import { ConfigError } from '../backup/errors.ts';
import { LAMBDA_TIMEOUT_S } from '../backup/lambda-limits.ts';

/** The part of Lambda's context that tells how long is left. */
export interface TimeLeft {
  getRemainingTimeInMillis(): number;
  /** Aborts when whoever runs us ends, if they say so: `pgvouch serve` and `pgvouch run` do, Lambda does not. */
  readonly signal?: AbortSignal;
}

/** Whoever runs us has ended, and not our time: nothing was found out, and another time may do. */
export class Stopped extends Error {
  override name = 'Stopped';
}

/** What is kept back to stop children and clear up: the platform kills without asking. */
const MARGIN_MS = 10_000;

export interface Deadline {
  /** Aborts some seconds before the end, with a ConfigError as its reason; or with {@link Stopped}. */
  readonly signal: AbortSignal;
  /** What there was at the start, less what is kept back. */
  readonly remainingMs: number;
  /** Since the start. */
  usedMs(): number;
  /** Ends the timer, and listens no more. */
  clear(): void;
}

/**
 * The deadline of one invocation: what the platform leaves, less ten seconds (a fifth of it, if that is shorter).
 *
 * @param work - what is being done, for the message: `dump "shop"`
 * @param limitMs - a limit of our own, if it comes earlier
 */
export function startDeadline(left: TimeLeft, work: string, limitMs = Number.POSITIVE_INFINITY): Deadline {
  const totalMs = Math.min(left.getRemainingTimeInMillis(), limitMs);
  const remainingMs = Math.max(0, totalMs - Math.min(MARGIN_MS, totalMs / 5));
  const startedAt = performance.now();
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(
      new ConfigError({
        operation: work,
        problem: `stopped after ${Math.round(remainingMs / 1000)} s, just before its time limit; nothing of it remains`,
        hint: `give it more time (DUMP_TIMEOUT, VERIFY_TIMEOUT, BASE_TIMEOUT, RECOVERY_TIMEOUT; at most ${LAMBDA_TIMEOUT_S} s on Lambda) or more memory, which on Lambda also brings CPU`,
      }),
    );
  }, remainingMs);
  const leave = () => {
    const hint = 'pgvouch takes it up again when it is started; in a task, the next firing does';
    controller.abort(new Stopped(`${work}: stopped, because pgvouch is ending; nothing of it remains\nHint: ${hint}`));
  };
  if (left.signal?.aborted) leave();
  left.signal?.addEventListener('abort', leave);
  const clear = () => {
    clearTimeout(timer);
    left.signal?.removeEventListener('abort', leave);
  };
  const usedMs = () => Math.round(performance.now() - startedAt);
  return { signal: controller.signal, remainingMs, usedMs, clear };
}

/** Whether the time was up, and not somebody stopped it. */
export function isTimeUp({ aborted, reason }: AbortSignal): boolean {
  return aborted && (reason instanceof ConfigError || (reason as { name?: string })?.name === 'TimeoutError');
}
