import path from 'node:path';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { startEmbeddedServer } from '../../../layers/postgres/places/embedded-server.ts';

export interface PlainServer {
  readonly target: ConnectionTarget;
  stop(): Promise<void>;
}

/** A server as initdb leaves it: every setting has its default. */
export async function startPlainServer(folder: string): Promise<PlainServer> {
  const connection = { host: folder, port: 5433, user: 'postgres', password: 'plain' };
  const dataDir = path.join(folder, 'plain');
  const { stop } = await startEmbeddedServer({ installation: embeddedPostgres(), dataDir, ...connection });
  const target: ConnectionTarget = {
    ...connection,
    ...{ sslMode: 'disable', sslRootCert: undefined, connectTimeoutMs: 10_000 },
  };
  return { target, stop };
}
