import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { ConfigError, textOf } from '../../backup/errors.ts';
import { isLoss } from '../connect/server-error.ts';
import { type Daemon, NOBODY, startDaemon } from './daemon.ts';
import { hydrateLinks } from './embedded-installation.ts';
import { installedMajor } from './installation.ts';
import { lastServerIsGone } from './last-server.ts';

/** A server's files. */
export interface ClusterOptions {
  /** The folder of a PostgreSQL installation; see `installation.ts`. */
  readonly installation: string;
  /** What its programs find in their environment, beside the language and the time zone. */
  readonly env?: Readonly<Record<string, string>>;
  /** Made and initialised if it is not there; otherwise used as it is. */
  readonly dataDir: string;
  readonly user: string;
  readonly password: string;
  readonly signal?: AbortSignal;
}

export interface EmbeddedServerOptions extends ClusterOptions {
  /** A folder for a Unix socket, and then no network at all where that is possible; loopback by default. */
  readonly host?: string;
  readonly port: number;
  /** Further settings, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Instead of the default pg_hba.conf, which asks everyone on loopback for the password (SCRAM). */
  readonly hba?: string;
  /** How long it may listen and not answer, in milliseconds; two minutes by default. */
  readonly startMs?: number;
}

export interface EmbeddedServer {
  readonly host: string;
  readonly port: number;
  /** As the server states it: `18.4`. */
  readonly version: string;
  readonly daemon: Daemon;
  /** Fast shutdown: sessions are ended, nothing is lost. */
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL server of our own, which only this machine can reach, and waits until it takes queries. Works as root too.
 *
 * @throws {@link ConfigError} with the server's last words if it does not start
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  hydrateLinks(options.installation);
  if (!existsSync(path.join(options.dataDir, 'PG_VERSION'))) await initialise(options);
  checkVersion(options);
  const unreaped = await lastServerIsGone(options.dataDir, options.startMs);
  if (unreaped !== undefined) throw notStarted(options, withoutInit(unreaped));
  const { host = '127.0.0.1' } = options;
  const bySocket = host.startsWith('/');
  const settings = {
    listen_addresses: bySocket ? '' : host,
    port: String(options.port),
    unix_socket_directories: bySocket ? host : '',
    ...options.settings,
  };
  if (options.hba !== undefined) writeOwned(path.join(options.dataDir, 'pg_hba.conf'), options.hba);
  const daemon = await startDaemon({
    command: path.join(options.installation, 'bin/postgres'),
    args: ['-D', options.dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    env: { ...SERVER_ENVIRONMENT, ...options.env },
    logFile: path.join(options.dataDir, '..', `${path.basename(options.dataDir)}.log`),
    cwd: '/',
    dropRoot: { entering: [options.dataDir] },
    noNetwork: bySocket,
  });
  const version = await takesQueries(options, daemon);
  return { host, port: options.port, version, daemon, stop: () => daemon.stop(10_000, 'SIGINT') };
}

/** What every cluster is like, beside its user and its password. */
export const CLUSTER_FORM = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C.UTF-8'] as const;
export const SERVER_ENVIRONMENT = { LC_ALL: 'C', TZ: 'UTC' } as const;

/**
 * Runs initdb. Under another name first: a cluster that was interrupted is not taken for a whole one.
 *
 * @throws {@link ConfigError} if it fails
 */
export async function initialise(options: ClusterOptions): Promise<void> {
  options.signal?.throwIfAborted();
  const unfinished = `${options.dataDir}.unfinished`;
  const passwordFile = `${options.dataDir}.password`;
  await rm(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  own(unfinished);
  writeOwned(passwordFile, options.password);
  const initdb = await startDaemon({
    command: path.join(options.installation, 'bin/initdb'),
    args: [
      ...['-D', unfinished, '-U', options.user, `--pwfile=${passwordFile}`],
      ...[...CLUSTER_FORM, '--no-sync', '--no-instructions'],
    ],
    env: { ...SERVER_ENVIRONMENT, ...options.env },
    logFile: `${options.dataDir}.log`,
    cwd: '/',
    dropRoot: { entering: [unfinished] },
  });
  const abort = () => void initdb.kill();
  options.signal?.addEventListener('abort', abort, { once: true });
  const { exitCode, signal } = await initdb.exited;
  options.signal?.removeEventListener('abort', abort);
  await rm(passwordFile, { force: true });
  if (exitCode === 0) return rename(unfinished, options.dataDir);
  await rm(unfinished, { recursive: true, force: true });
  options.signal?.throwIfAborted();
  throw notStarted(options, `initdb ${howEnded(signal)}: ${initdb.firstLogLine(REASON)}`, signal);
}

/** @returns the server's version */
async function takesQueries(options: EmbeddedServerOptions, daemon: Daemon): Promise<string> {
  let ended = false;
  void daemon.exited.then(() => {
    ended = true;
  });
  const { startMs = START_MS } = options;
  const giveUpAt = performance.now() + startMs;
  for (;;) {
    if (options.signal?.aborted) {
      await daemon.kill();
      options.signal.throwIfAborted();
    }
    const client = new pg.Client({
      ...{ host: options.host ?? '127.0.0.1', port: options.port, user: options.user, password: options.password },
      ...{ database: 'postgres', ssl: false, connectionTimeoutMillis: Math.min(ANSWER_MS, startMs) },
    });
    client.on('error', () => {});
    try {
      await client.connect();
      const { rows } = await client.query<{ version: string; folder: string }>(
        `SELECT current_setting('server_version') AS version, current_setting('data_directory') AS folder`,
      );
      if (rows[0]?.folder === path.resolve(options.dataDir)) return rows[0].version;
      // Another server was at the port first: ours ends, and says so.
      await daemon.exited;
      ended = true;
      throw new Error('another server answers');
    } catch (error) {
      if (ended) throw notStarted(options, daemon.firstLogLine(REASON), (await daemon.exited).signal);
      // Anything else than "not yet" will not pass by itself.
      const { code } = error as { code?: string };
      const isBusy = textOf(error) === 'timeout expired';
      // One whose connection is gone may be about to end: what it said last is the reason.
      const mayPass = (isBusy || isLoss(error)) && performance.now() < giveUpAt;
      if (!mayPass && !['ECONNREFUSED', 'ENOENT', '57P03'].includes(code ?? '')) {
        await daemon.kill();
        throw notStarted(options, textOf(error));
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await client.end().catch(() => {});
    }
  }
}

const START_MS = 120_000;
/** A machine that is busy may need that long for a connection alone; then another is tried. */
const ANSWER_MS = 5_000;

function checkVersion(options: ClusterOptions): void {
  const data = Number(readFileSync(path.join(options.dataDir, 'PG_VERSION'), 'utf8'));
  const program = installedMajor(options.installation);
  if (program === undefined || program === data) return;
  throw notStarted(options, `its data is from PostgreSQL ${data}, but the program is ${program}`);
}

function withoutInit(pid: number): string {
  return `its last server, process ${pid}, is dead, but nothing has reaped it: a container needs an init, as docker run --init gives it`;
}

/** What the programs say of the reason: `FATAL:  could not create shared memory segment: Function not implemented`. */
const REASON = /\b(FATAL|PANIC|ERROR|error): /;

function howEnded(signal: NodeJS.Signals | null): string {
  return signal === null ? 'failed' : `was killed by ${signal}`;
}

/**
 * Whether a server did not start because it, or initdb, ended with an error of its own, as it will the next time. One that
 * was killed, or did not answer in time, may start then.
 */
export function refusedToStart(error: unknown): boolean {
  return error instanceof ConfigError && error.cause instanceof EndedByItself;
}

class EndedByItself extends Error {}

function notStarted(options: ClusterOptions, problem: string, signal?: NodeJS.Signals | null): ConfigError {
  return new ConfigError({
    ...(signal === null && { cause: new EndedByItself() }),
    operation: 'start the embedded PostgreSQL in',
    subject: options.dataDir,
    problem: problem || 'it ended without a message',
    hint: 'see its log beside that folder; remove the folder to start over, or set POSTGRES_HOST to use another server',
  });
}

function writeOwned(file: string, content: string): void {
  writeFileSync(file, content, { mode: 0o600 });
  own(file);
}

function own(file: string): void {
  if (process.getuid?.() === 0) chownSync(file, NOBODY, NOBODY);
}
