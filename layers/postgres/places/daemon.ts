import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { ConfigError } from '../../backup/errors.ts';
import { withoutNetwork } from './no-network.ts';

/** The uid and gid that a server gets when we are root: servers such as PostgreSQL refuse root. Debian's `nobody`. */
export const NOBODY = 65534;

export interface DaemonOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment but for PATH: nothing else is inherited. */
  readonly env: NodeJS.ProcessEnv;
  /** Standard output and error are appended here. */
  readonly logFile: string;
  readonly cwd?: string;
  /** Runs as {@link NOBODY} if we are root; the folders are those that it must be able to enter all the same. */
  readonly dropRoot?: { readonly entering: readonly string[] };
  /** Keeps it from all networks, loopback included, if the machine lets us: see no-network.ts. */
  readonly noNetwork?: boolean;
}

export interface DaemonExit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Daemon {
  readonly pid: number;
  /** Resolves, never rejects, when the process has ended, however it ended. */
  readonly exited: Promise<DaemonExit>;
  /** Sends a signal (SIGKILL by default) and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Asks with `signal` (SIGTERM by default), and after `graceMs` kills. */
  stop(graceMs: number, signal?: NodeJS.Signals): Promise<void>;
  /** The last line that it wrote, for a message; empty if none. */
  lastLogLine(): string;
  /** The first line that it wrote of this kind, or else the last: reasons come first, consequences after them. */
  firstLogLine(kind: RegExp): string;
}

/**
 * Starts a server that dies with us: `setpriv --pdeathsig` lets the kernel end it even when we are killed ourselves.
 *
 * @throws {@link ConfigError} if the program cannot be started
 * @see setpriv(1), prctl(2) PR_SET_PDEATHSIG
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const log = openSync(options.logFile, 'a', 0o600);
  // Only what this run wrote counts: the file goes on over restarts.
  const logStart = fstatSync(log).size;
  const [command, args] = options.noNetwork ? withoutNetwork(commandLine(options)) : commandLine(options);
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', ...options.env },
    stdio: ['ignore', log, log],
    // Away from the terminal: Ctrl-C is for us, and we end it in order.
    detached: true,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  });
  closeSync(log);
  const exited = new Promise<DaemonExit>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new ConfigError({
      operation: 'start',
      subject: path.basename(options.command),
      problem: 'setpriv cannot be run',
      hint: 'install util-linux, which every Debian has',
      cause: error,
    });
  }
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    if (signal === 'SIGKILL') killGroup(child);
    else child.kill(signal);
    await exited;
  };
  return {
    pid: child.pid ?? 0,
    exited,
    kill,
    async stop(graceMs, signal = 'SIGTERM') {
      const timer = setTimeout(() => killGroup(child), graceMs);
      await kill(signal);
      clearTimeout(timer);
    },
    lastLogLine: () => linesOf(options.logFile, logStart).at(-1) ?? '',
    firstLogLine(kind) {
      const lines = linesOf(options.logFile, logStart);
      return lines.find((line) => kind.test(line)) ?? lines.at(-1) ?? '';
    },
  };
}

/** With what it started in its own group: initdb has a server write the cluster's files. */
function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended just now.
  }
}

function linesOf(file: string, from: number): string[] {
  try {
    return readFileSync(file).subarray(from).toString().trim().split('\n');
  } catch {
    return [];
  }
}

/** Lambda's system has no setpriv, nor any need of it: its sandbox ends with us, and we are not root there. */
function commandLine({ command, args, dropRoot }: DaemonOptions): [string, readonly string[]] {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !hasProgram('setpriv')) return [command, args];
  const privileges = dropRoot && isRoot ? dropRootArgs([command, ...dropRoot.entering]) : [];
  return ['setpriv', ['--pdeathsig', 'KILL', ...privileges, '--', command, ...args]];
}

/** How a command line of setpriv gives root up. What is needed may lie in root's own home, which nobody may not enter. */
function dropRootArgs(paths: readonly string[]): string[] {
  const drop = ['--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups'];
  if (paths.every((file) => openToAll(path.dirname(path.resolve(file))))) return drop;
  // access(2) lets whoever is not root use no capability, and PostgreSQL looks for its own program by it.
  const access = ['--securebits', '+no_setuid_fixup'];
  return [...drop, ...access, '--inh-caps', '+dac_read_search', '--ambient-caps', '+dac_read_search'];
}

function openToAll(folder: string): boolean {
  const enterable = (statSync(folder).mode & constants.S_IXOTH) !== 0;
  return enterable && (folder === '/' || openToAll(path.dirname(folder)));
}

function hasProgram(name: string): boolean {
  return (process.env.PATH ?? '/usr/bin:/bin').split(':').some((folder) => existsSync(path.join(folder, name)));
}
