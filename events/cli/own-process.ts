import { spawn } from 'node:child_process';

/**
 * Starts a process that outlives this one and belongs to nobody: it has no terminal, holds none of our files open, and gets no
 * signal that our own group gets.
 *
 * @param command - its program and arguments
 * @returns its pid; undefined if it could not be started
 */
export function startDetached([program = '', ...args]: readonly string[]): number | undefined {
  // It may write no more where our compiled code is kept: that folder goes while it runs.
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  const child = spawn(program, args, { detached: true, stdio: 'ignore', env });
  child.on('error', () => {});
  child.unref();
  return child.pid;
}
