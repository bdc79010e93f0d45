import { Worker } from 'node:worker_threads';
import { failurePayload, outOfMemory, runtimeExited, timedOut } from '../failure-payload.mjs';

/**
 * A handler as serverless-offline runs it: what Lambda's runtime does around a handler and serverless-offline does not. A
 * failure becomes the payload that Lambda would answer with, error type included; a handler that crashes, runs out of
 * memory or out of time fails its invocation and is started anew for the next one.
 *
 * serverless-offline runs this in a worker thread, and knows nothing of one that died: its caller would wait until the
 * time limit, and everyone after it too. So the handler itself gets a thread of its own below this one. Which one it is
 * stands in the environment, as a path from the project's root.
 *
 * Plain JavaScript: no TypeScript loader is needed here.
 */
export const invoked = sandboxed(new URL(`../../${process.env.PGVOUCH_HANDLER}`, import.meta.url).href);

/** The same behind HTTP: API Gateway keeps what went wrong to itself. */
export async function requested(event, context) {
  const answer = await invoked(event, context);
  if (answer?.errorType === undefined) return answer;
  process.stdout.write(
    `${JSON.stringify({ level: 'error', time: new Date(), msg: 'a request failed', err: answer })}\n`,
  );
  return { statusCode: 500, body: '{"message":"Internal Server Error"}' };
}

/** Kept back of the time limit, so that ours comes before serverless-offline's on a busy machine, too. */
const MARGIN_MS = 2_000;
const LARGEST_MARGIN = 0.2;

/**
 * Wraps a handler's module into a handler that always answers: with the result, or with a failure payload.
 *
 * @param module - the URL of a module that exports `handler`; TypeScript is welcome
 */
export function sandboxed(module) {
  let idle;
  return async (event, { getRemainingTimeInMillis, done, fail, succeed, ...context }) => {
    const worker = idle ?? startWorker(module);
    idle = undefined;
    const remainingMs = getRemainingTimeInMillis();
    const limitMs = Math.max(0, remainingMs - Math.min(MARGIN_MS, LARGEST_MARGIN * remainingMs));
    worker.postMessage({ event, context, deadlineMs: Date.now() + limitMs });
    const { result, failure, usable } = await answerOf(worker, limitMs);
    if (usable) idle = worker;
    else await worker.terminate();
    return failure ?? result;
  };

  function startWorker() {
    const memoryMb = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);
    const worker = new Worker(new URL('./sandbox.mjs', import.meta.url), {
      workerData: { module },
      env: process.env,
      ...(memoryMb > 0 && { resourceLimits: { maxOldGenerationSizeMb: memoryMb } }),
    });
    // One that crashes between two invocations hurts neither.
    worker.on('error', () => {});
    worker.on('exit', () => {
      if (idle === worker) idle = undefined;
    });
    return worker;
  }
}

function answerOf(worker, limitMs) {
  return new Promise((resolve) => {
    const settle = (answer) => {
      clearTimeout(timer);
      for (const [name, listener] of Object.entries(listeners)) worker.off(name, listener);
      resolve(answer);
    };
    const listeners = {
      message: (answer) => settle({ ...answer, usable: true }),
      error: (error) => settle({ failure: crash(error) }),
      exit: (code) => settle({ failure: exited(code) }),
    };
    for (const [name, listener] of Object.entries(listeners)) worker.on(name, listener);
    const timer = setTimeout(settle, limitMs, { failure: timedOut(limitMs) });
  });
}

function exited(code) {
  return runtimeExited(`Runtime exited with error: exit status ${code}`);
}

function crash(error) {
  return error?.code === 'ERR_WORKER_OUT_OF_MEMORY' ? outOfMemory() : failurePayload(error);
}
