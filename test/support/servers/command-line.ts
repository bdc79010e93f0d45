import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, inject } from 'vitest';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { runFolder } from '../run/run-folder.ts';
import { PASSWORD } from './postgres.ts';

export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const entry = path.resolve(import.meta.dirname, '../../../events/cli/pgvouch.mjs');
const state = runFolder('no-stack');

/** Runs the command line of this checkout. As {@link runCommandLine}. */
export function pgvouch(env: Readonly<Record<string, string>>, ...args: string[]): Promise<CommandResult> {
  return runCommandLine(entry, env, args);
}

/**
 * Runs a command line as a process of its own, whose environment is what is given and nothing else of ours. No password and
 * no stack trace is ever in its output.
 */
export async function runCommandLine(
  program: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<CommandResult> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: state,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PGVOUCH_STATE_DIR: state, TMPDIR: tmpdir(), ...env },
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
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const secrets = [PASSWORD, encodeURIComponent(PASSWORD), inject('s3').secretAccessKey];
  for (const secret of secrets) expect(`${stdout}${stderr}`).not.toContain(secret);
  expect(stderr).not.toMatch(/^ +at .*:\d+:\d+/m);
  return { exitCode, stdout, stderr };
}

/** The variables of a vault, of a server to back up, and of the programs. */
export function variablesOf(vault: Vault, target: ConnectionTarget): Record<string, string> {
  const { server, bucket, prefix, region } = vault.config;
  return {
    MINIO_ENDPOINT: server?.endpoint ?? '',
    MINIO_ACCESS_KEY: server?.accessKeyId ?? '',
    MINIO_SECRET_KEY: server?.secretAccessKey ?? '',
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
