import { type FailurePayload, outOfMemory, runtimeExited } from '../failure-payload.mjs';

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of what it wrote to standard error. */
  readonly said: string;
}

/**
 * The failure of an invocation whose process ended in the middle of it, in Lambda's words. V8 aborts where its heap is
 * full; the kernel kills where the machine's or the container's memory is.
 */
export function failureOfExit({ code, signal, said }: Exit): FailurePayload {
  if (signal === 'SIGKILL' || /heap out of memory/.test(said)) return outOfMemory();
  if (code === null && signal === null) return runtimeExited(`Runtime could not be started: ${said}`);
  return runtimeExited(`Runtime exited with error: ${signal === null ? `exit status ${code}` : `signal: ${signal}`}`);
}
