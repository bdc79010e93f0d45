import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NOBODY, startDaemon } from '../../../layers/postgres/places/daemon.ts';
import { debianProgram } from './debian-program.ts';
import { freePort, type TestPostgres } from './postgres.ts';

export interface TestPooler {
  readonly port: number;
  end(): Promise<void>;
}

/** Of the server's sessions, for each database. */
export const POOL_SIZE = 4;

/**
 * Debian's PgBouncer before a server, for any of its databases.
 *
 * @param mode - who gets a server's session for how long: a client, or a transaction
 */
export async function startPgbouncer({ target }: TestPostgres, mode: 'session' | 'transaction'): Promise<TestPooler> {
  const program = await debianProgram({
    ...{ name: 'pgbouncer', file: 'usr/sbin/pgbouncer' },
    keep: (name) => /^(pgbouncer|lib(?!perl|llvm))/.test(name),
  });
  const folder = mkdtempSync(join(tmpdir(), 'pgvouch-pooler-'));
  const port = await freePort();
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const ini = [
    ...['[databases]', `* = host=${target.host} port=${target.port}`],
    ...['[pgbouncer]', 'listen_addr = 127.0.0.1', `listen_port = ${port}`, 'unix_socket_dir ='],
    ...['auth_type = plain', `auth_file = ${folder}/users`, `pool_mode = ${mode}`, `default_pool_size = ${POOL_SIZE}`],
    ...['ignore_startup_parameters = extra_float_digits,options'],
  ];
  writeFileSync(join(folder, 'ini'), `${ini.join('\n')}\n`);
  writeFileSync(join(folder, 'users'), `${quoted(target.user)} ${quoted(target.password ?? '')}\n`);
  const logFile = join(folder, 'log');
  for (const file of [folder, join(folder, 'ini'), join(folder, 'users')]) {
    if (process.getuid?.() === 0) chownSync(file, NOBODY, NOBODY);
  }
  const daemon = await startDaemon({
    command: program.command,
    args: [...program.args, join(folder, 'ini')],
    env: {},
    logFile,
    dropRoot: { entering: [program.file, folder] },
  });
  const isUp = () => /process up/.test(readFileSync(logFile, 'utf8'));
  let ended = false;
  void daemon.exited.then(() => {
    ended = true;
  });
  while (!isUp()) {
    if (ended) throw new Error(`PgBouncer ended: ${daemon.lastLogLine()}`);
    await new Promise((again) => setTimeout(again, 20));
  }
  return {
    port,
    async end() {
      await daemon.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
