import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Logger } from 'pino';
import { ConfigError, textOf } from '../../layers/backup/errors.ts';
import { type FileLock, lockFile } from '../../layers/debian/file-lock.ts';
import type { ClockMemory } from '../host/clock-memory.ts';
import type { Accepted, Journal } from '../host/journal.ts';
import { openClockFile } from './clock-file.ts';
import { openEventFiles } from './event-files.ts';

/** What a service remembers over restarts. */
export interface ServiceState {
  /** @param name - of a server; undefined for the one that has none */
  of(name: string | undefined): ServerState;
  /** Lets the next service have it. */
  release(): Promise<void>;
}

/** The same of one server. */
export interface ServerState {
  readonly journal: Journal & { left(): Accepted[] };
  readonly clock: ClockMemory;
}

/**
 * Takes the service's part of the state folder. The kernel gives it back when this process ends in whatever way.
 *
 * @throws {@link ConfigError} if another service has it, or the folder cannot be used
 */
export async function claimState(stateDir: string, log: Logger): Promise<ServiceState> {
  const folder = path.join(stateDir, 'service');
  const lock = await lockState(folder, stateDir);
  return {
    of(name) {
      const own = name === undefined ? folder : path.join(folder, 'servers', name);
      return {
        journal: openEventFiles(path.join(own, 'events'), log),
        clock: openClockFile(path.join(own, 'clock.json'), log),
      };
    },
    release: () => lock.release(),
  };
}

async function lockState(folder: string, stateDir: string): Promise<FileLock> {
  const facts = { operation: 'use the state folder', subject: stateDir };
  let lock: FileLock | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    lock = await lockFile(path.join(folder, 'lock'), { wait: false });
  } catch (cause) {
    const hint = 'the user that pgvouch runs as must be able to write there; PGVOUCH_STATE_DIR names another folder';
    throw new ConfigError({ ...facts, problem: textOf(cause), hint, cause });
  }
  if (lock) return lock;
  throw new ConfigError({
    ...facts,
    problem: 'another pgvouch serve uses it',
    hint: 'stop that one, or give this one a folder of its own with PGVOUCH_STATE_DIR',
  });
}
