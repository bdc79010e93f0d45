import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { connect, libpqEnvironment } from '../../../layers/postgres/connect/connection.ts';
import { withPassword } from '../../../layers/postgres/connect/password.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { clientBin } from '../world/client-folder.ts';
import { startTestPostgres, type TestPostgres } from './postgres.ts';
import { serverTls, TLS } from './server-tls.ts';

export interface LoginServer extends TestPostgres {
  /** For the files of a test. */
  readonly folder: string;
  /** Its sockets: a folder, and an abstract one. */
  readonly sockets: { readonly folder: string; readonly abstract: string };
  /** The role of whoever runs the tests: `peer` lets it in. */
  readonly peer: string;
}

/** One server for every way to log in: a role for each, by pg_hba.conf. Its password is the superuser's. */
const HBA = `
local   all all                         peer
hostssl all by_certificate,other_role 127.0.0.1/32 cert
host    all all            127.0.0.1/32 scram-sha-256`;

export async function startLoginServer(): Promise<LoginServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-logins-'));
  const sockets = { folder: path.join(folder, 's'), abstract: `@pgvouch-${randomUUID()}` };
  mkdirSync(sockets.folder);
  // The server runs as another user if the tests run as root.
  chmodSync(sockets.folder, 0o777);
  const settings = {
    ...serverTls(folder),
    ssl_ca_file: path.join(TLS, 'client-ca.pem'),
    unix_socket_directories: `${sockets.folder}, ${sockets.abstract}`,
  };
  const server = await startTestPostgres({ settings, hba: HBA });
  const peer = userInfo().username;
  await server.sql('postgres', 'CREATE ROLE by_certificate LOGIN; CREATE ROLE other_role LOGIN');
  if (peer !== server.target.user) await server.sql('postgres', `CREATE ROLE "${peer}" LOGIN`);
  return {
    ...server,
    ...{ folder, sockets, peer },
    async end() {
      await server.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A certificate for the role `by_certificate`, with permissions that the test chooses. */
export function clientCertificate({ folder }: LoginServer, mode = 0o600): { certFile: string; keyFile: string } {
  const keyFile = path.join(folder, `client-${mode.toString(8)}.key`);
  copyFileSync(path.join(TLS, 'client.key'), keyFile);
  chmodSync(keyFile, mode);
  return { certFile: path.join(TLS, 'client.pem'), keyFile };
}

/** What each of the two says the session is: of our own connections, and of PostgreSQL's programs. */
export async function askBoth(target: ConnectionTarget, sql: string): Promise<{ node: string; libpq: string }> {
  const client = await connect(target, 'postgres');
  const { rows } = await client.query({ text: sql, rowMode: 'array' }).finally(() => client.end());
  return { node: String(rows[0]?.[0]), libpq: await askLibpq(target, sql) };
}

/** @throws whatever psql says */
export async function askLibpq(target: ConnectionTarget, sql: string): Promise<string> {
  const psql = path.join(clientBin(18), 'psql');
  const env = libpqEnvironment(await withPassword(target, 'postgres'), 'postgres');
  const { stdout } = await promisify(execFile)(psql, ['--no-psqlrc', '--no-password', '-tAc', sql], { env });
  return stdout.trim();
}
