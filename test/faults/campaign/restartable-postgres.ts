import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type pg from 'pg';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { type EmbeddedServer, startEmbeddedServer } from '../../../layers/postgres/places/embedded-server.ts';
import { freePort, PASSWORD, type TestPostgres } from '../../support/servers/postgres.ts';
import { quickInstallation } from '../../support/servers/quick-installation.ts';

/** A server of a campaign's own that can be killed and started again, with what it holds. */
export interface RestartablePostgres extends TestPostgres {
  /** Fast shutdown and start. */
  restart(): Promise<void>;
  /** Starts it if it does not run; what its former self left running is waited for. */
  revive(): Promise<void>;
}

export interface RestartableOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly hba?: string;
  /** Puts the files of another server there, instead of those of a new one. */
  readonly files?: (dataDir: string) => Promise<void>;
}

export async function startRestartablePostgres(options: RestartableOptions = {}): Promise<RestartablePostgres> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-postgres-'));
  const dataDir = path.join(folder, 'data');
  await options.files?.(dataDir);
  const port = await freePort();
  const start = () =>
    startEmbeddedServer({
      installation: quickInstallation(embeddedPostgres()),
      ...{ dataDir, port, user: 'postgres', password: PASSWORD },
      // Killed it must lose nothing that was committed, though the machine's own crash is none of our business.
      settings: { fsync: 'off', wal_level: 'replica', max_wal_senders: '2', ...options.settings },
      ...(options.hba !== undefined && { hba: options.hba }),
    });
  let server: EmbeddedServer | undefined = await start();
  const target: ConnectionTarget = {
    ...{ host: '127.0.0.1', port, user: 'postgres', password: PASSWORD },
    ...{ sslMode: 'disable', sslRootCert: undefined, connectTimeoutMs: 10_000 },
  };
  const stop = async () => {
    await server?.stop();
    server = undefined;
  };
  const revive = async () => {
    for (let attempt = 1; server === undefined; attempt++) {
      try {
        server = await start();
      } catch (error) {
        // Sessions of a killed server end when they notice, and until then nobody may take its memory.
        if (attempt === 100 || !/shared memory block|lock file/.test(String(error))) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
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
    async createDatabase(name) {
      await sql('postgres', `CREATE DATABASE "${name}"`);
    },
    async kill() {
      const killed = server;
      server = undefined;
      await killed?.daemon.kill();
    },
    async restart() {
      await stop();
      await revive();
    },
    revive,
    async end() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
