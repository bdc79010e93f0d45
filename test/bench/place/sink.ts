import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export interface Sink {
  readonly endpoint: string;
  end(): Promise<void>;
}

/** Starts a bucket that swallows what it is given, as a process of its own: its work must not count as ours. */
export async function startSink(): Promise<Sink> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'sink-server.mjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const [line] = (await Promise.race([once(child.stdout, 'data'), exit])) as [Buffer | number];
  if (!Buffer.isBuffer(line)) throw new Error(`the sink ended with ${line}`);
  return {
    endpoint: `http://127.0.0.1:${line.toString().trim()}`,
    async end() {
      child.stdin.end();
      await exit;
    },
  };
}
