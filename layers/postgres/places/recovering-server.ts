import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { DumpError, textOf } from '../../backup/errors.ts';
import { isLoss } from '../connect/server-error.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { demandOf, raise } from './demanded-settings.ts';
import { hydrateLinks } from './embedded-installation.ts';
import { SERVER_ENVIRONMENT } from './embedded-server.ts';
import { endedError } from './recovery-ended.ts';
import { killAllIn } from './scratch-server.ts';

export interface RecoveringOptions {
  /** The folder of a PostgreSQL installation, of the cluster's own major. */
  readonly installation: string;
  /** What its programs need beside that, such as `LOCPATH`. */
  readonly env: Readonly<Record<string, string>>;
  readonly dataDir: string;
  /** For its socket: a folder of its own with a short name. */
  readonly socketFolder: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Roles that the cluster may have: with one of them its superuser is found. */
  readonly roles: readonly string[];
  readonly signal: AbortSignal;
}

/** A server that recovers, and lets itself be asked as soon as it is consistent. */
export interface RecoveringServer {
  /** As its superuser. */
  readonly target: ConnectionTarget;
  /** As it states it: `18.4`. */
  readonly version: string;
  /**
   * Waits until recovery has paused at its target, or has ended and the server takes writes.
   *
   * @throws {@link RecoveryEnded} if the server ends before
   */
  settled(): Promise<void>;
  /** Fast shutdown: what it has replayed need not be replayed again. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

const SOCKET_PORT = 5432;
const POLL_MS = 50;
const STOP_MS = 60_000;
const CONNECT_MS = 60_000;

/**
 * Starts a server on a data directory that is set up for recovery, and waits until it takes queries. Everyone on its socket
 * may connect: the folder is nobody else's.
 *
 * What PostgreSQL demands of a standby's settings, it says: they are raised to that, and the server starts again.
 *
 * @throws {@link RecoveryEnded} if it ends before it is consistent
 * @see https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-ADMIN
 */
export async function startRecoveringServer(options: RecoveringOptions): Promise<RecoveringServer> {
  hydrateLinks(options.installation);
  const raised: Record<string, string> = {};
  let running = await startRaising(options, raised);
  const { user, version } = running;
  const target = targetFor(options.socketFolder, user);
  return {
    ...{ target, version },
    async settled() {
      for (;;) {
        try {
          return await settles(target, running, options.signal);
        } catch (error) {
          await end(running.daemon, options.dataDir);
          if (!raise(running.daemon, raised)) throw error;
          running = await startRaising(options, raised);
        }
      }
    },
    stop: () => running.daemon.stop(STOP_MS, 'SIGINT'),
    kill: () => end(running.daemon, options.dataDir),
  };
}

interface Running {
  readonly daemon: Daemon;
  readonly ended: () => boolean;
}

/** Starts it again for as long as it demands more. */
async function startRaising(options: RecoveringOptions, raised: Record<string, string>): Promise<Running & Found> {
  for (;;) {
    const daemon = await start(options, raised);
    const ended = watchEnd(daemon);
    try {
      return { daemon, ended, ...(await takesQueries(options, daemon, ended)) };
    } catch (error) {
      await end(daemon, options.dataDir);
      if (!raise(daemon, raised)) throw error;
    }
  }
}

/** With the sessions, and with a `restore_command` that still waits. */
async function end(daemon: Daemon, dataDir: string): Promise<void> {
  await daemon.kill();
  killAllIn(dataDir);
}

function start(options: RecoveringOptions, raised: Readonly<Record<string, string>>): Promise<Daemon> {
  const { installation, dataDir, socketFolder, env } = options;
  const own = { listen_addresses: '', port: String(SOCKET_PORT), unix_socket_directories: socketFolder };
  const settings = { ...options.settings, ...own, ...raised };
  return startDaemon({
    command: path.join(installation, 'bin/postgres'),
    args: ['-D', dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    env: { ...SERVER_ENVIRONMENT, ...env },
    logFile: path.join(dataDir, '..', 'recovery.log'),
    cwd: '/',
    dropRoot: { entering: [dataDir] },
    noNetwork: true,
  });
}

function watchEnd(daemon: Daemon): () => boolean {
  let ended = false;
  void daemon.exited.then(() => {
    ended = true;
  });
  return () => ended;
}

interface Found {
  readonly user: string;
  readonly version: string;
}

async function takesQueries(options: RecoveringOptions, daemon: Daemon, ended: () => boolean): Promise<Found> {
  const { roles, socketFolder, signal } = options;
  let unknown = 0;
  for (;;) {
    signal.throwIfAborted();
    if (ended()) throw endedError(daemon, socketFolder);
    if (demandOf(daemon) !== undefined) throw endedError(daemon, socketFolder);
    const user = roles[unknown] ?? '';
    // Whatever databases there are, these two come with a cluster, and one is hard to lose.
    for (const database of ['postgres', 'template1']) {
      const client = clientFor(socketFolder, user, database);
      try {
        await client.connect();
        const found = await superuserOf(client);
        if (found !== undefined) return found;
        throw noSuperuser(roles);
      } catch (error) {
        if (error instanceof DumpError) throw error;
        const { code = '' } = error as { code?: string };
        if (code === '28000') unknown += 1;
        if (unknown >= roles.length) throw noSuperuser(roles);
        if (code === '3D000') continue;
        if (code !== '28000' && !ended() && !isNotYet(error)) throw error;
        break;
      } finally {
        await client.end().catch(() => {});
      }
    }
    await delay(POLL_MS);
  }
}

/**
 * No socket, nobody at it, `the database system is starting up`, and a connection that breaks as the server ends: whether it
 * has ended is seen in the next look.
 */
function isNotYet(error: unknown): boolean {
  const { code = '' } = error as { code?: string };
  return NOT_YET.includes(code) || textOf(error) === 'timeout expired' || isLoss(error);
}

const NOT_YET = ['ENOENT', 'ECONNREFUSED', '57P01', '57P03'];

function clientFor(host: string, user: string, database: string): pg.Client {
  const client = new pg.Client({ host, port: SOCKET_PORT, user, database, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  return client;
}

async function superuserOf(client: pg.Client): Promise<Found | undefined> {
  const { rows } = await client.query<Found>(
    `SELECT rolname AS user, current_setting('server_version') AS version
       FROM pg_catalog.pg_roles WHERE rolsuper AND rolcanlogin ORDER BY oid LIMIT 1`,
  );
  return rows[0];
}

function targetFor(host: string, user: string): ConnectionTarget {
  return {
    ...{ host, port: SOCKET_PORT, user, password: undefined },
    ...{ sslMode: 'disable', sslRootCert: undefined, connectTimeoutMs: CONNECT_MS },
  };
}

async function settles(target: ConnectionTarget, { daemon, ended }: Running, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    if (ended()) throw endedError(daemon, target.host);
    const isPaused = await isSettled(target).catch((error) => {
      if (!ended() && !isNotYet(error)) throw error;
      return false;
    });
    // Raised in the middle of the WAL: it says so, and then pauses for good.
    if (demandOf(daemon) !== undefined) throw endedError(daemon, target.host);
    if (isPaused) return;
    await delay(POLL_MS);
  }
}

async function isSettled({ host, user }: ConnectionTarget): Promise<boolean> {
  const client = clientFor(host, user, 'template1');
  try {
    await client.connect();
    const { rows } = await client.query<{ settled: boolean }>(
      `SELECT CASE WHEN pg_is_in_recovery() THEN pg_get_wal_replay_pause_state() = 'paused' ELSE true END AS settled`,
    );
    return rows[0]?.settled ?? false;
  } finally {
    await client.end().catch(() => {});
  }
}

function noSuperuser(roles: readonly string[]): DumpError {
  return new DumpError({
    operation: 'connect to',
    subject: 'the recovered server',
    problem: `none of the roles ${roles.join(', ')} is in the cluster, or no superuser may log in`,
    hint: 'set POSTGRES_USER or REPLICATION_USER to a role that the cluster has',
  });
}
