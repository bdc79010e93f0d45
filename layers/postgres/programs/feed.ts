import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { RunningProgram } from './child.ts';

/**
 * Hands chunks to a program's stdin at its own pace, for as long as it listens. One that ended before its input did is no
 * error here: why it did, its exit code tells.
 */
export function feed({ stdin, succeeded }: RunningProgram): (chunk: Buffer) => Promise<void> {
  let listening = true;
  const stop = () => {
    listening = false;
  };
  stdin?.on('error', stop);
  const ended = succeeded.then(stop, stop);
  return async (chunk) => {
    if (!listening || !stdin || stdin.write(chunk)) return;
    await Promise.race([drained(stdin), ended]);
  };
}

async function drained(stdin: Writable): Promise<void> {
  await once(stdin, 'drain').catch(() => {});
}
