import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { expect, inject } from 'vitest';
import { runCommand } from '../../../events/cli/main.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { runFolder } from '../run/run-folder.ts';
import { PASSWORD } from './postgres.ts';

export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One that runs. */
export interface StartedCommand {
  readonly child: ChildProcess;
  readonly ended: Promise<CommandResult>;
}

const entry = path.resolve(import.meta.dirname, '../../../events/cli/pgvouch.mjs');
const state = runFolder('no-stack');

/** The words with which the command line of this checkout is started. */
export const PROGRAM = [process.execPath, entry] as const;

type Variables = Readonly<Record<string, string>>;

/**
 * Runs a command with an environment that is what is given and nothing else of ours. No password and no stack trace is ever
 * in its output. In this process: another one would load everything anew.
 */
export async function pgvouch(env: Variables, ...args: string[]): Promise<CommandResult> {
  const [stdout, stderr] = [collected(), collected()];
  const surroundings = {
    stdout,
    stderr: stderr as unknown as NodeJS.WriteStream,
    signal: new AbortController().signal,
  };
  const exitCode = await runCommand([...PROGRAM, ...args], { ...machine(), ...env }, surroundings);
  return checked({ exitCode, stdout: stdout.text(), stderr: stderr.text() });
}

/** The command line of this checkout. As {@link runCommandLine}. */
export function pgvouchProcess(env: Variables, ...args: string[]): Promise<CommandResult> {
  return runCommandLine(entry, env, args);
}

/** The same, started, so that it may be sent a signal. */
export function startPgvouch(env: Variables, ...args: string[]): StartedCommand {
  return startCommandLine(entry, env, args);
}

/** Runs a command line as people do, as a process of its own. Otherwise as {@link pgvouch}. */
export function runCommandLine(program: string, env: Variables, args: readonly string[]): Promise<CommandResult> {
  return startCommandLine(program, env, args).ended;
}

function startCommandLine(program: string, env: Variables, args: readonly string[]): StartedCommand {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: state,
    env: { ...machine(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = [collected(), collected()];
  child.stdout.pipe(stdout);
  child.stderr.pipe(stderr);
  const ended = once(child, 'close').then(([exitCode]) =>
    checked({ exitCode, stdout: stdout.text(), stderr: stderr.text() }),
  );
  return { child, ended };
}

function machine(): Record<string, string | undefined> {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, PGVOUCH_STATE_DIR: state, TMPDIR: tmpdir() };
}

function collected(): Writable & { text(): string } {
  const chunks: Buffer[] = [];
  const write = (chunk: Buffer, _: string, done: () => void) => {
    chunks.push(chunk);
    done();
  };
  return Object.assign(new Writable({ write }), { text: () => Buffer.concat(chunks).toString('utf8') });
}

function checked(result: CommandResult): CommandResult {
  const said = `${result.stdout}${result.stderr}`;
  const secrets = [PASSWORD, encodeURIComponent(PASSWORD), inject('s3').secretAccessKey];
  for (const secret of secrets) expect(said).not.toContain(secret);
  expect(result.stderr).not.toMatch(/^ +at .*:\d+:\d+/m);
  return result;
}

/** The variables of a vault, of a server to back up, and of the programs. */
export function variablesOf(vault: Vault, target: ConnectionTarget): Record<string, string> {
  const { server, bucket, prefix, region } = vault.config;
  return {
    MINIO_ENDPOINT: server?.endpoint ?? '',
    MINIO_ACCESS_KEY: String(server?.accessKeyId ?? ''),
    MINIO_SECRET_KEY: String(server?.secretAccessKey ?? ''),
    AWS_REGION: region,
    BACKUP_BUCKET: bucket,
    BACKUP_PREFIX: prefix,
    POSTGRES_HOST: target.host,
    POSTGRES_PORT: String(target.port),
    POSTGRES_USER: target.user,
    POSTGRES_PASSWORD: target.password ?? '',
    PG_CLIENT_DIR: inject('pgClientRoots').join(':'),
  };
}

/** A URL for `--to`, without its password. */
export function urlOf({ host, port, user }: ConnectionTarget, database: string): string {
  return `postgres://${encodeURIComponent(user)}@${host}:${port}/${encodeURIComponent(database)}`;
}
