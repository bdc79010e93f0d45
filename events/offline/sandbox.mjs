import { parentPort, workerData } from 'node:worker_threads';
import { load } from '../../layers/modules/load-typescript.mjs';
import { failurePayload } from '../failure-payload.mjs';

/**
 * The thread that a handler runs in, one invocation at a time. Whatever nobody catches ends it, as it ends a Lambda
 * environment; runtime.mjs notices, and starts another one for the next invocation.
 *
 * Plain JavaScript, because it brings TypeScript along.
 */
// pino writes to file descriptor 1 by itself, past the terminal's progress bars, unless this is not the original.
process.stdout.write = process.stdout.write.bind(process.stdout);
const loading = load(workerData.module);
// Whoever invokes a handler that does not load gets the error.
loading.catch(() => {});

parentPort.on('message', async ({ event, context, deadlineMs }) => {
  try {
    const { handler } = await loading;
    const getRemainingTimeInMillis = () => Math.max(0, deadlineMs - Date.now());
    const result = await handler(event, { ...context, getRemainingTimeInMillis });
    parentPort.postMessage({ result });
  } catch (error) {
    parentPort.postMessage({ failure: failurePayload(error) });
  }
});
