import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { vi } from 'vitest';
import { findFreePort } from '../../../events/offline/machine/ports.ts';
import { runFolder } from '../run/run-folder.ts';
import { descendantsOf, kill, killIfThere } from './processes.ts';

/** A `pgvouch serve` of its own. */
export interface TestService {
  readonly process: ChildProcess;
  readonly url: string;
  readonly notifyUrl: string;
  readonly env: Readonly<Record<string, string>>;
  /** The log so far: standard output must have nothing else. */
  log(): Record<string, unknown>[];
  stderr(): string;
  /** Waits for a log line with these fields. */
  logged(fields: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
  /** The processes that descend from it now, by pid, with their command lines. */
  descendants(): Map<number, string>;
  /** Sends a signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<{ exitCode: number | null; signal: NodeJS.Signals | null; durationMs: number }>;
}

const entry = path.resolve(import.meta.dirname, '../../../events/cli/pgvouch.mjs');
const PATIENCE = { timeout: 90_000, interval: 50 };
const running = new Set<TestService>();

/** What a service of its own needs beside its servers: ports, a state folder, short waits, and no drills. */
export async function serviceVariables(): Promise<Record<string, string>> {
  return {
    PGVOUCH_STATE_DIR: runFolder('service'),
    METRICS_PORT: String(await findFreePort()),
    LOCAL_NOTIFY_PORT: String(await findFreePort()),
    LOCAL_RETRY_DELAY: '1',
    LOCAL_VERIFY_INTERVAL: '3600',
    DRILL: 'off',
  };
}

/** Starts it as a process whose environment is what is given, and nothing else of ours. */
export function startService(env: Readonly<Record<string, string>>): TestService {
  const child = spawn(process.execPath, [entry, 'serve'], {
    cwd: env.PGVOUCH_STATE_DIR,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: tmpdir(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const log = () =>
    stdout
      .slice(0, stdout.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const service: TestService = {
    ...{ process: child, env, log, stderr: () => stderr },
    url: `http://127.0.0.1:${env.METRICS_PORT}`,
    notifyUrl: `http://127.0.0.1:${env.LOCAL_NOTIFY_PORT}/`,
    async logged(fields) {
      return vi.waitFor(() => {
        const found = log().find((line) => Object.entries(fields).every(([name, value]) => line[name] === value));
        if (found) return found;
        throw new Error(`not logged yet: ${JSON.stringify(fields)}; so far:\n${stdout}${stderr}`);
      }, PATIENCE);
    },
    descendants: () => descendantsOf(child.pid ?? 0),
    async end(signal = 'SIGTERM') {
      const startedAt = performance.now();
      if (signal === 'SIGKILL') kill(child.pid);
      else child.kill(signal);
      const [exitCode, by] = await closed;
      return { exitCode, signal: by, durationMs: performance.now() - startedAt };
    },
  };
  running.add(service);
  void closed.then(() => running.delete(service));
  return service;
}

/** Ends what a failed test left running. */
export async function endServices(): Promise<void> {
  for (const service of running) {
    const pids = [...service.descendants().keys()];
    await service.end('SIGKILL');
    for (const pid of pids) killIfThere(pid);
  }
}
