import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { vi } from 'vitest';
import { findFreePort } from '../../../events/offline/machine/ports.ts';
import { testStateDir } from './ceph.ts';
import { descendantsOf, killIfThere } from './processes.ts';

/** Ports of a stack's own, so that several may run at once. */
export interface StackPorts {
  readonly METRICS_PORT: string;
  readonly LOCAL_LAMBDA_PORT: string;
  readonly LOCAL_NOTIFY_PORT: string;
  readonly LOCAL_POSTGRES_PORT: string;
  readonly LOCAL_BUCKET_PORT: string;
}

export interface LocalStack {
  readonly process: ChildProcess;
  /** What it printed so far: both streams, as they came. */
  output(): string;
  stderr(): string;
  /** The functions' log lines so far, parsed. */
  log(): Record<string, unknown>[];
  /** Resolves when a text or pattern has been printed; rejects with the output if the process ends before. */
  printed(what: string | RegExp): Promise<void>;
  /** The processes that descend from it now, by pid, with their command lines. */
  descendants(): Map<number, string>;
  /** Sends a signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<StackEnd>;
  readonly ended: Promise<StackEnd>;
}

export interface StackEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

const projectDir = resolve(import.meta.dirname, '../../..');
const PATIENCE = { timeout: 90_000, interval: 50 };
const running = new Set<LocalStack>();

export async function stackPorts(): Promise<StackPorts> {
  const ports = new Set<number>();
  while (ports.size < 5) ports.add(await findFreePort());
  const [metrics, lambda, notify, postgres, bucket] = [...ports].map(String);
  return {
    METRICS_PORT: `${metrics}`,
    LOCAL_LAMBDA_PORT: `${lambda}`,
    LOCAL_NOTIFY_PORT: `${notify}`,
    LOCAL_POSTGRES_PORT: `${postgres}`,
    LOCAL_BUCKET_PORT: `${bucket}`,
  };
}

/** What \`npm start\` runs; npm itself takes half a second more. */
const script = ['sh', '-c', JSON.parse(readFileSync(resolve(projectDir, 'package.json'), 'utf8')).scripts.start];

/**
 * Starts the stack as `npm start` does, without a terminal. Its environment is what is given and nothing else of ours:
 * a developer's own POSTGRES_HOST must not be backed up by a test.
 *
 * @param uid - run as this user and group, which only root can ask for
 * @param command - `['npm', 'start']` for the whole of it
 */
export function startStack(
  env: Readonly<Record<string, string>>,
  uid?: number,
  [program = '', ...args]: readonly string[] = script,
): LocalStack {
  const { PATH = process.env.PATH, ...others } = env;
  const child = spawn(program, args, {
    cwd: projectDir,
    env: {
      PATH: `${PATH}:${resolve(projectDir, 'node_modules/.bin')}`,
      ...{ HOME: process.env.HOME, PGVOUCH_CACHE_DIR: testStateDir, ...others },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid, gid: uid }),
  });
  let output = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk;
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([exitCode, signal]) => ({ exitCode, signal }) as StackEnd);
  const stack: LocalStack = {
    process: child,
    output: () => output,
    stderr: () => stderr,
    log: () => output.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : [])),
    async printed(what) {
      await vi.waitFor(() => {
        if (typeof what === 'string' ? output.includes(what) : what.test(output)) return;
        throw new Error(`not printed yet: ${what}; so far:\n${output}`);
      }, PATIENCE);
    },
    descendants: () => descendantsOf(child.pid ?? 0),
    async end(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
    ended,
  };
  running.add(stack);
  void ended.then(() => running.delete(stack));
  return stack;
}

/** Ends what a failed test left running. */
export async function endStacks(): Promise<void> {
  for (const stack of running) {
    const pids = [...stack.descendants().keys()];
    stack.process.kill('SIGKILL');
    for (const pid of pids) killIfThere(pid);
    await stack.ended;
  }
}
