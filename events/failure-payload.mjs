/**
 * The payload of a failed invocation, in Lambda's words: the host makes it, function-failed.ts reads it back.
 *
 * Plain JavaScript, because the threads of the host that make it have no TypeScript loader.
 *
 * @typedef {{ errorType: string, errorMessage: string, trace: string[] }} FailurePayload
 */

/**
 * What Lambda answers of an error that a handler threw.
 *
 * @param {unknown} error
 * @returns {FailurePayload}
 * @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html
 */
export function failurePayload(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

/**
 * Of a handler that was ended at its time limit.
 *
 * @param {number} limitMs
 * @returns {FailurePayload}
 */
export function timedOut(limitMs) {
  const errorMessage = `Task timed out after ${(limitMs / 1000).toFixed(2)} seconds`;
  return { errorType: 'Sandbox.Timedout', errorMessage, trace: [] };
}

/**
 * Whether a failure is one of those, with how many seconds there were if that is said. Older runtimes give no type, and
 * put the time and the request id before the words. Anchored: our own errors may quote the words.
 *
 * @param {string} type
 * @param {string} message
 * @returns {{ seconds: number | undefined } | undefined}
 */
export function readTimedOut(type, message) {
  if (type !== 'Sandbox.Timedout' && !/^(?:\S+ \S+ )?Task timed out after/.test(message)) return undefined;
  const seconds = /timed out after ([\d.]+) seconds/.exec(message)?.[1];
  return { seconds: seconds === undefined ? undefined : Number(seconds) };
}

/**
 * Of a handler that was killed for want of memory.
 *
 * @returns {FailurePayload}
 */
export function outOfMemory() {
  return { errorType: 'Runtime.OutOfMemory', errorMessage: 'Runtime exited with error: signal: killed', trace: [] };
}

/**
 * Whether a failure is one of those: older runtimes give the same words without the type.
 *
 * @param {string} type
 * @param {string} message
 */
export function isOutOfMemory(type, message) {
  const killed = /^Runtime exited with error: (?:signal: (?:killed|aborted)|exit status 134)/;
  return type === 'Runtime.OutOfMemory' || killed.test(message);
}

/**
 * Of a runtime that ended in the middle of an invocation.
 *
 * @param {string} errorMessage
 * @returns {FailurePayload}
 */
export function runtimeExited(errorMessage) {
  return { errorType: 'Runtime.ExitError', errorMessage, trace: [] };
}
