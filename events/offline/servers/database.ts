import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { startEmbeddedServer } from '../../../layers/postgres/places/embedded-server.ts';
import { type ReachedDatabase, versionOf } from '../../host/set-up/reach-database.ts';

/** A server that we start. */
export interface LocalDatabase extends ReachedDatabase {
  /** Resolves, with what it is, when it ends. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** The user that the embedded server is initialised with. */
export const EMBEDDED_USER = 'postgres';

export interface EmbeddedDatabaseOptions {
  readonly stateDir: string;
  readonly port: number;
  readonly password: string;
  readonly databases: readonly string[];
  readonly signal: AbortSignal;
}

/** Starts the embedded PostgreSQL with its sample databases; those that are there already stay as they are. */
export async function startEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<LocalDatabase> {
  const { stateDir, port, password, databases, signal } = options;
  const folder = path.join(stateDir, 'postgres');
  mkdirSync(folder, { recursive: true });
  const server = await startEmbeddedServer({
    installation: embeddedPostgres(),
    dataDir: path.join(folder, 'data'),
    ...{ port, user: EMBEDDED_USER, password, signal },
  });
  const target: ConnectionTarget = {
    ...{ host: server.host, port, user: EMBEDDED_USER, password },
    ...{ sslMode: 'disable', sslRootCert: undefined, connectTimeoutMs: 10_000 },
  };
  try {
    for (const name of databases) await makeSample(target, name);
    const version = await versionOf(target, 'postgres');
    return {
      host: server.host,
      description: `embedded PostgreSQL ${version} at 127.0.0.1:${port}`,
      version,
      ended: server.daemon.exited.then(() => `the embedded PostgreSQL ended: ${server.daemon.lastLogLine()}`),
      stop: server.stop,
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function makeSample(target: ConnectionTarget, name: string): Promise<void> {
  const admin = await connect(target, 'postgres', 'pgvouch start');
  try {
    const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await admin.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  } finally {
    await admin.end();
  }
  const client = await connect(target, name, 'pgvouch start');
  try {
    const { rowCount } = await client.query(`SELECT FROM pg_tables WHERE schemaname = 'public'`);
    if (rowCount === 0) await client.query(readFileSync(path.join(import.meta.dirname, 'sample.sql'), 'utf8'));
  } finally {
    await client.end();
  }
}
