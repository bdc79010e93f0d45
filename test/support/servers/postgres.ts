import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type pg from 'pg';
import { findFreePort } from '../../../events/offline/machine/ports.ts';
import { connect } from '../../../layers/postgres/connect/connection.ts';
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
  const target: ConnectionTarget = {
    ...{ host: server.host, port, user: 'postgres', password: PASSWORD },
    ...{ sslMode: 'prefer', sslRootCert: undefined, connectTimeoutMs: 10_000 },
  };
  const sql = async <T extends pg.QueryResultRow>(database: string, text: string) => {
    const client = await connect(target, database, 'test');
    try {
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

/** Odd enough to break whatever forgets to quote, and easy to look for where it must not be. */
export const PASSWORD = `s3cret 'pa"ss\\w%rd`;

/** Not one that the system may give to somebody's connection meanwhile. */
export const freePort = findFreePort;
