import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError } from '../backup/errors.ts';

export interface FileLock {
  release(): Promise<void>;
}

export interface LockOptions {
  /** Wait for the present owner (the default), or give up at once. */
  readonly wait?: boolean;
  /** Others may share it, but nobody has it for themselves meanwhile. */
  readonly shared?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Takes a lock on a file, which the kernel gives back when this process ends in whatever way.
 *
 * Node has no flock(2), so util-linux's `flock` holds it, and lives for as long as its standard input does.
 *
 * @returns undefined if somebody else holds it and `wait` is false
 * @throws {@link ConfigError} if the machine has no `flock`, or the file cannot be written
 */
export async function lockFile(path: string, options: LockOptions = {}): Promise<FileLock | undefined> {
  const { wait = true, shared = false, signal } = options;
  signal?.throwIfAborted();
  await mkdir(dirname(path), { recursive: true });
  const args = [
    '--no-fork',
    '--conflict-exit-code',
    '75',
    ...(wait ? [] : ['--nonblock']),
    ...(shared ? ['--shared'] : []),
  ];
  const holder = spawn('flock', [...args, path, 'sh', '-c', 'echo locked; exec cat'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // Away from the terminal: its Ctrl-C must not open the lock while the owner is still clearing up.
    detached: true,
  });
  const ended = once(holder, 'close');
  ended.catch(() => {});
  const abort = () => holder.kill('SIGKILL');
  signal?.addEventListener('abort', abort, { once: true });
  try {
    let complaint = '';
    holder.stderr.on('data', (text) => {
      complaint += text;
    });
    holder.stdin.on('error', () => {});
    const locked = await Promise.race([once(holder.stdout, 'data').then(() => true), ended.then(() => false)]);
    signal?.throwIfAborted();
    if (!locked && holder.exitCode === 75) return undefined;
    if (!locked) throw unusable(path, complaint.trim() || `flock ended with ${holder.exitCode}`);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw unusable(path, 'this machine does not have the program flock (util-linux)', error);
    }
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  holder.unref();
  for (const stream of [holder.stdin, holder.stdout, holder.stderr])
    if ('unref' in stream) (stream as { unref(): void }).unref();
  return {
    async release() {
      holder.ref();
      holder.stdin.end();
      await ended;
    },
  };
}

function unusable(path: string, problem: string, cause?: unknown): ConfigError {
  return new ConfigError({ operation: 'lock', subject: path, problem, cause });
}
