import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { findFreePort } from '../../../events/offline/machine/ports.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { startEmbeddedServer } from '../../../layers/postgres/places/embedded-server.ts';
import { quickInstallation } from './quick-installation.ts';

export interface TestPostgres {
  readonly target: ConnectionTarget;
  /** Runs SQL in a database, as the superuser. */
  sql<T extends pg.QueryResultRow>(database: string, text: string): Promise<T[]>;
  /** @param how - further words of the statement */
  createDatabase(name: string, how?: string): Promise<void>;
  end(): Promise<void>;
  /** SIGKILL for the postmaster. */
  kill(): Promise<void>;
}

/** A real PostgreSQL of the caller's own on a free port, in a temporary folder that goes with it, or in a given one. */
export async function startTestPostgres(
  options: {
    settings?: Record<string, string>;
    hba?: string;
    installation?: string;
    env?: Record<string, string>;
    folder?: string;
  } = {},
): Promise<TestPostgres> {
  const folder = options.folder ?? mkdtempSync(path.join(tmpdir(), 'pgvouch-postgres-'));
  const port = await freePort();
  const server = await startEmbeddedServer({
    installation: quickInstallation(options.installation ?? embeddedPostgres()),
    dataDir: path.join(folder, 'data'),
    ...{ port, user: 'postgres', password: PASSWORD },
    settings: { fsync: 'off', full_page_writes: 'off', ...options.settings },
    ...(options.hba !== undefined && { hba: options.hba }),
    ...(options.env && { env: options.env }),
  });
  const withTls = options.settings?.ssl === 'on';
  const login = { host: server.host, port, user: 'postgres', password: PASSWORD };
  const target: ConnectionTarget = {
    // To ask for what is not there takes a session of its own.
    ...{ ...login, sslMode: withTls ? 'prefer' : 'disable' },
    ...{ sslRootCert: undefined, connectTimeoutMs: 10_000 },
  };
  const sql = async <T extends pg.QueryResultRow>(database: string, text: string) => {
    const ssl = withTls && { rejectUnauthorized: false };
    const client = new pg.Client({ ...login, database, ssl, options: UNHINDERED, application_name: 'test' });
    client.on('error', () => {});
    try {
      await client.connect();
      const result = await client.query<T>(text);
      return (Array.isArray(result) ? result.at(-1) : result).rows as T[];
    } finally {
      await client.end();
    }
  };
  return {
    target,
    sql,
    async createDatabase(name, how = '') {
      await sql('postgres', `CREATE DATABASE "${name.replaceAll('"', '""')}" ${how}`);
    },
    async end() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
    kill: () => server.daemon.kill(),
  };
}

/**
 * Whatever a test has set for the role or the database. What pgvouch's own sessions look at first would take longer than the
 * statement.
 */
const UNHINDERED = [
  ...['statement_timeout=0', 'lock_timeout=0', 'default_transaction_read_only=off', 'standard_conforming_strings=on'],
  ...[
    'datestyle=ISO,YMD',
    'intervalstyle=postgres',
    'extra_float_digits=1',
    'bytea_output=hex',
    'search_path="$user",public',
  ],
]
  .map((setting) => `-c ${setting}`)
  .join(' ');

/** Odd enough to break whatever forgets to quote, and easy to look for where it must not be. */
export const PASSWORD = `s3cret 'pa"ss\\w%rd`;

/** Not one that the system may give to somebody's connection meanwhile. */
export const freePort = findFreePort;
