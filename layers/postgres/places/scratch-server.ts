import { readdirSync, readlinkSync } from 'node:fs';
import { totalmem } from 'node:os';
import path from 'node:path';
import type { ConnectionTarget } from '../connect/target.ts';
import { startEmbeddedServer } from './embedded-server.ts';
import { makeCluster } from './pristine.ts';

/** A PostgreSQL to restore into and throw away. */
export interface ScratchServer {
  readonly target: ConnectionTarget;
  /** As the server states it: `18.4`. */
  readonly version: string;
  /** The last line that it wrote: its reason, if it ended by itself. */
  lastWords(): string;
  /** Kills the server, whatever state it is in. */
  end(): Promise<void>;
}

export interface ScratchOptions {
  /** The folder of a PostgreSQL installation. */
  readonly installation: string;
  /** What its programs need beside that, such as `LOCPATH`. */
  readonly env?: Readonly<Record<string, string>>;
  /** A folder of its own, which somebody else removes; see scratch-folder.ts. */
  readonly folder: string;
  /** Beyond what every scratch server gets, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** How many sessions will restore into it at once. */
  readonly jobs: number;
  readonly signal: AbortSignal;
}

const SOCKET_PORT = 5432;
const STOP_GRACE_MS = 5_000;
/** It is there, and nobody else asks it for anything: only a busy machine keeps it from answering at once. */
const CONNECT_MS = 60_000;

/**
 * Starts one that nobody else can reach: no network listener, a socket in a folder of its own. Durability is off, since
 * nothing of it outlives the drill.
 *
 * @see https://www.postgresql.org/docs/current/non-durability.html
 */
export async function startScratchServer({
  installation,
  env = {},
  settings = {},
  folder,
  jobs,
  signal,
}: ScratchOptions): Promise<ScratchServer> {
  const dataDir = path.join(folder, 'data');
  const cluster = { installation, env, dataDir, user: USER, password: PASSWORD, signal };
  await makeCluster(cluster);
  const server = await startEmbeddedServer({
    ...{ ...cluster, host: folder, port: SOCKET_PORT },
    settings: { ...SETTINGS, ...memorySettings(usableMemoryBytes(), jobs), ...settings },
  });
  // Its sessions with it, or a restore would wait for one that computes and does not notice.
  void server.daemon.exited.then(() => killAllIn(dataDir));
  return {
    version: server.version,
    target: {
      ...{ host: folder, port: SOCKET_PORT, user: USER, password: PASSWORD },
      ...{ sslMode: 'disable', sslRootCert: undefined, connectTimeoutMs: CONNECT_MS },
    },
    lastWords: server.daemon.lastLogLine,
    async end() {
      await server.daemon.stop(STOP_GRACE_MS, 'SIGQUIT');
      killAllIn(dataDir);
    },
  };
}

/** The sessions of a server that was killed live on while they compute. All have its data directory as theirs. */
export function killAllIn(dataDir: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readlinkSync(`/proc/${pid}/cwd`) === dataDir) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // Ended meanwhile, or somebody else's.
    }
  }
}

/**
 * Shares memory out between the server, index builds of so many jobs, and the rest: pg_restore, us, and the disk's cache.
 *
 * @param memoryBytes - of the machine or the function
 */
export function memorySettings(memoryBytes: number, jobs: number): Record<string, string> {
  const share = (bytes: number, most: number) => `${Math.min(most, Math.max(32, Math.floor(bytes / 2 ** 20)))}MB`;
  return {
    shared_buffers: share(memoryBytes / 8, 1024),
    maintenance_work_mem: share(memoryBytes / 4 / jobs, 1024),
  };
}

/** What a container may use, if it is less than what the machine has. */
function usableMemoryBytes(): number {
  const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return Math.min(totalmem(), limit);
}

const USER = 'postgres';
const PASSWORD = 'nobody else can reach it';

const SETTINGS = {
  // One that breaks down stays down: nobody must take a restore that it interrupted for a bad backup.
  restart_after_crash: 'off',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '512MB',
  checkpoint_timeout: '1h',
  autovacuum: 'off',
  max_locks_per_transaction: '1024',
  max_logical_replication_workers: '0',
  jit: 'off',
} as const;
