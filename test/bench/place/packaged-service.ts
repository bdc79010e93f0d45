import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findFreePort } from '../../../events/offline/machine/ports.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import type { Cage } from '../measure/cage.ts';
import { functionEnvironment, type Place } from './place.ts';

/** The service as a package has it, in a control group. */
export interface PackagedService {
  /** Where it takes notifications of the bucket. */
  readonly notifyUrl: string;
  /** Waits until so many lines of its log say this; by default one. */
  logged(what: string, times?: number): Promise<void>;
  end(): Promise<void>;
}

export interface ServiceRun {
  readonly cage: Cage;
  readonly databases: readonly string[];
  /** Whether it begins with a backup of each. */
  readonly first: boolean;
}

const PROJECT = path.resolve(import.meta.dirname, '../../..');
/** On a disk, as a volume is: what lies in memory would count as memory of the service. */
const DISK = '/var/tmp';

/** Lays out a package like npm does. @returns its program's file */
export function layOutPackage(folder: string): string {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: PROJECT, stdio: 'ignore' });
  for (const part of ['dist', 'deploy/package/pgvouch.mjs']) {
    cpSync(path.join(PROJECT, part), path.join(folder, part), { recursive: true });
  }
  return path.join(folder, 'deploy/package/pgvouch.mjs');
}

/** Starts the service of a package. */
export async function startPackagedService(
  place: Place,
  { cage, databases, first }: ServiceRun,
): Promise<PackagedService> {
  const folder = mkdtempSync(path.join(DISK, 'pgvouch-service-'));
  const program = layOutPackage(folder);
  const state = path.join(folder, 'state');
  mkdirSync(path.join(state, 'service'), { recursive: true });
  const now = new Date().toISOString();
  if (!first) writeFileSync(path.join(state, 'service/clock.json'), JSON.stringify({ dump: now, retention: now }));
  const notifyPort = await findFreePort();
  const { POSTGRES_DB: _, ...variables } = functionEnvironment(place, place.vault.config, '');
  const [command = '', ...args] = cage.enter([process.execPath, program, 'serve']);
  const child = spawn(command, args, {
    cwd: folder,
    env: {
      ...{ PATH: process.env.PATH, ...variables, POSTGRES_DBS: JSON.stringify(databases), LOG_LEVEL: 'info' },
      ...{ PGVOUCH_STATE_DIR: state, DRILL_FOLDER: folder, SCRATCH_POSTGRES_DIR: embeddedPostgres() },
      ...{ METRICS_PORT: String(await findFreePort()), LOCAL_NOTIFY_PORT: String(notifyPort) },
      ...{ LOCAL_VERIFY_INTERVAL: '3600', DUMP_SCHEDULE: 'rate(1 day)' },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = watchOutput(child);
  return {
    notifyUrl: `http://127.0.0.1:${notifyPort}/`,
    logged: said,
    async end() {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function watchOutput(child: ChildProcess): PackagedService['logged'] {
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  return async (what, times = 1) => {
    while (output.split(`"msg":"${what}"`).length <= times) {
      const failed = /^.*"msg":"a function failed".*$/m.exec(output);
      if (failed) throw new Error(failed[0]);
      if (child.exitCode !== null) throw new Error(`the service ended: ${output}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
}
