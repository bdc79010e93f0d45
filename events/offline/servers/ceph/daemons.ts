import { rm } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError } from '../../../../layers/backup/errors.ts';
import { type Daemon, type DaemonExit, startDaemon } from '../../../../layers/postgres/places/daemon.ts';
import { notePids } from '../../machine/leftovers.ts';
import { type CephHome, type CephProgram, cephCommand, cephEnvironment } from './programs.ts';

/** One that nobody asked to end. */
export interface DaemonEnd extends DaemonExit {
  readonly daemon: CephProgram;
  readonly lastLogLine: string;
}

/** The three processes of a cluster. */
export interface CephDaemons {
  startMonitor(): Promise<void>;
  startStore(): Promise<void>;
  /** Resolves when it answers HTTP. */
  startGateway(signal: AbortSignal): Promise<void>;
  killGateway(): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
  pids(): number[];
  readonly exited: Promise<DaemonEnd>;
  /** Aborts with a {@link ConfigError} when one ends that nobody asked to end. */
  readonly failure: AbortSignal;
}

/** Starts, watches and ends the processes of a cluster; none runs yet. */
export function openDaemons(home: CephHome, port: number): CephDaemons {
  const running = new Map<CephProgram, Daemon>();
  const failure = new AbortController();
  let announce: (end: DaemonEnd) => void;
  const exited = new Promise<DaemonEnd>((resolve) => {
    announce = resolve;
  });

  async function start(program: CephProgram, args: readonly string[]): Promise<void> {
    const logFile = join(home.dataDir, 'log', `${program}.log`);
    // What earlier runs wrote would only grow.
    await rm(logFile, { force: true });
    const daemon = await startDaemon({ ...cephCommand(home, program, args), env: cephEnvironment, logFile, cwd: '/' });
    running.set(program, daemon);
    void daemon.exited.then((exit) => {
      // Whoever ends one takes it out first.
      if (running.get(program) !== daemon) return;
      running.delete(program);
      const end = { daemon: program, ...exit, lastLogLine: daemon.lastLogLine() };
      failure.abort(ended(end, logFile));
      announce(end);
    });
    await notePids(join(home.dataDir, 'pids.json'), pids());
  }

  function take(program: CephProgram): Daemon | undefined {
    const daemon = running.get(program);
    running.delete(program);
    return daemon;
  }

  function pids(): number[] {
    return [...running.values()].map((daemon) => daemon.pid);
  }

  return {
    exited,
    failure: failure.signal,
    pids,
    startMonitor: () => start('ceph-mon', ['-i', 'a', '-f']),
    startStore: () => start('ceph-osd', ['-i', '0', '-f']),
    async startGateway(signal) {
      await start('radosgw', ['-n', 'client.rgw.a', '-f']);
      while (!(await answers(port, signal)))
        await delay(30, undefined, { signal }).catch(() => signal.throwIfAborted());
    },
    async killGateway() {
      await take('radosgw')?.kill();
    },
    async kill() {
      const all = (['radosgw', 'ceph-osd', 'ceph-mon'] as const).map(take);
      await Promise.all(all.map((daemon) => daemon?.kill()));
    },
    async stop() {
      // The gateway waits for its own timers for up to half a minute; it holds nothing that is not stored yet.
      await take('radosgw')?.stop(500);
      await take('ceph-osd')?.stop(3000);
      await take('ceph-mon')?.stop(3000);
    },
  };
}

/** Whether an S3 server is there; rejects when aborted. */
async function answers(port: number, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/', agent: false, timeout: 5000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

function ended({ daemon, exitCode, signal, lastLogLine }: DaemonEnd, logFile: string): ConfigError {
  return new ConfigError({
    operation: 'run',
    subject: daemon,
    problem: `it ended with ${signal ?? `exit code ${exitCode}`}${lastLogLine === '' ? '' : `: ${lastLogLine}`}`,
    hint: `see ${logFile}`,
  });
}
