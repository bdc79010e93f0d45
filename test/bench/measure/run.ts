import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Cage } from './cage.ts';
import { type Usage, watchTree } from './process-tree.ts';

/** Something to be measured: programs, and the variables that they get beside PATH. */
export interface Command {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface Run {
  /** From its start to its end, that of its interpreter included. */
  readonly wallMs: number;
  readonly programs: Readonly<Record<string, Usage>>;
  readonly stdout: string;
}

/**
 * Runs a command to its end and measures it.
 *
 * @param cage - the limits that it and all that it starts live in
 * @throws if it does not exit with 0, with the end of what it said
 */
export async function run({ argv, env }: Command, cage?: Cage): Promise<Run> {
  const [command = '', ...args] = cage ? cage.enter(argv) : argv;
  const startedAt = performance.now();
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const watch = watchTree(child.pid ?? 0);
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    said.stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said.stderr = (said.stderr + chunk).slice(-2000);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  const wallMs = performance.now() - startedAt;
  const programs = watch.end();
  if (code !== 0) throw new Error(`${argv[0]} ended with ${signal ?? code}: ${said.stderr.trim()}`);
  return { wallMs, programs, stdout: said.stdout };
}

/** A line for bash in which every part of a pipe must succeed. */
export function pipeline(line: string, env: Command['env']): Command {
  return { argv: ['bash', '-o', 'pipefail', '-ec', line], env };
}

/** An argument as bash reads it back. */
export function quoted(args: readonly string[]): string {
  return args.map((arg) => `'${arg.replaceAll("'", "'\\''")}'`).join(' ');
}
