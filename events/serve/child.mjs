import { writeFileSync } from 'node:fs';
import { failurePayload } from '../failure-payload.mjs';

/**
 * A process that runs one function's module: what Lambda's runtime does around a handler. It gets events by IPC and answers
 * each with what the handler returned, or with the payload of its failure. Whatever nobody catches is reported and ends it, as
 * it ends a Lambda environment; so does the end of its parent.
 *
 * Plain JavaScript, because in a checkout it brings TypeScript along. Its first argument is the module's URL.
 */
const [, , module = ''] = process.argv;

/** How long what is under way may clear up once nobody waits for it any more. */
const ORPHAN_MS = 5_000;

// Where memory runs out the kernel ends a function, or a program that it started, and never the service.
try {
  writeFileSync('/proc/self/oom_score_adj', '500');
} catch {
  // No Linux, or not allowed: then the kernel chooses.
}

// The parent ends us in order: a signal to the whole group or control group is for it alone.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

// pino would write to file descriptor 1 by itself, and later: what a function logs last would be lost when it has answered
// and is killed. Through this stream, which pino takes unless it is the original, a pipe is written to at once.
process.stdout.write = process.stdout.write.bind(process.stdout);

const ending = new AbortController();
process.on('uncaughtException', (error) => {
  const leave = () => process.exit(1);
  if (!process.connected) leave();
  process.send({ crash: failurePayload(error) }, leave);
});
process.on('disconnect', () => {
  ending.abort();
  setTimeout(() => process.exit(1), ORPHAN_MS).unref();
});

const loading = loadModule();
// Whoever invokes a module that does not load gets the error.
loading.catch(() => {});

process.on('message', async ({ id, event, context, deadlineMs, end }) => {
  if (end) return ending.abort();
  const getRemainingTimeInMillis = () => Math.max(0, deadlineMs - Date.now());
  try {
    const { handler } = await loading;
    const result = await handler(event, { ...context, getRemainingTimeInMillis, signal: ending.signal });
    process.send({ id, result });
  } catch (error) {
    process.send({ id, failure: failurePayload(error) });
  }
});

async function loadModule() {
  if (!module.endsWith('.ts')) return import(module);
  const { load } = await import('../../layers/modules/load-typescript.mjs');
  return load(module);
}
