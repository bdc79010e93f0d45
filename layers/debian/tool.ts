import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ConfigError } from '../backup/errors.ts';

export interface ToolOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  /** Standard input; none by default. */
  readonly input?: string;
  /** Called with every line of standard output, as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface ToolResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program of the machine to its end.
 *
 * @returns whatever its exit code was: only the caller knows what a failure means
 * @throws {@link ConfigError} if the machine does not have the program, the signal's reason if it was aborted
 */
export async function runTool(
  command: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<ToolResult> {
  options.signal?.throwIfAborted();
  const child = spawn(command, args, {
    cwd: options.cwd,
    // Messages are shown to people and searched by us: one language, whatever the machine speaks.
    env: { ...(options.env ?? process.env), LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A program that does not read its input closes it early, which is no failure of it.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input);
  const abort = () => child.kill('SIGKILL');
  options.signal?.addEventListener('abort', abort, { once: true });
  const stdout: string[] = [];
  const stderr: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    stdout.push(line);
    options.onLine?.(line);
  });
  createInterface({ input: child.stderr }).on('line', (line) => stderr.push(line));
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) => reject(missing(command, error)));
      child.once('close', resolve);
    });
    options.signal?.throwIfAborted();
    return { exitCode, stdout: stdout.join('\n'), stderr: stderr.join('\n') };
  } finally {
    options.signal?.removeEventListener('abort', abort);
  }
}

function missing(command: string, error: NodeJS.ErrnoException): Error {
  if (error.code !== 'ENOENT') return error;
  return new ConfigError({
    operation: 'run',
    subject: command,
    problem: 'this machine does not have the program',
    hint: `install it (on Debian it is part of the base system), or correct PATH`,
    cause: error,
  });
}
