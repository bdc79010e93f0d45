import type pg from 'pg';
import { ConfigError } from '../../backup/errors.ts';
import type { ConnectionTarget } from './target.ts';

/**
 * Refuses a connection that a pooler answers, before anything is run on it: in transaction mode it passes the server's
 * sessions around, and what pg_dump sets in one (an empty search_path) stays there for the application that gets it next.
 *
 * A pooler is known by its making up the process ID that the protocol tells at the start, because one client meets many
 * server processes. In session mode it does so too, and does no harm; only who set it up can tell the two apart.
 *
 * @throws {@link ConfigError}
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP for BackendKeyData
 * @see https://www.pgbouncer.org/features.html
 */
export async function refusePooler(client: pg.Client, target: ConnectionTarget, database: string): Promise<void> {
  if (target.pooler === 'session') return;
  const told = (client as pg.Client & { processID?: number | null }).processID;
  const pid = await backendPid(client, target.connectTimeoutMs);
  if (typeof told !== 'number' || pid === undefined || told === pid) return;
  throw new ConfigError({
    operation: `connect to ${target.host}:${target.port}, database`,
    subject: `"${database}"`,
    problem:
      'a connection pooler answers there, not the server itself: pg_dump and pg_restore would leave their settings in sessions of others',
    hint: "use the server's own host and port; if it is a proxy or a pooler in session mode, set POSTGRES_POOLER=session (pooler=session in a URL)",
  });
}

/** Undefined if the server does not say. */
async function backendPid(client: pg.Client, timeoutMs: number): Promise<number | undefined> {
  try {
    const question = { text: 'SELECT pg_catalog.pg_backend_pid() AS pid', query_timeout: timeoutMs };
    const { rows } = await client.query<{ pid: number }>(question);
    return rows[0]?.pid;
  } catch (error) {
    // A server that refuses the function is none that we know, but may be one that we can dump.
    if (/^(42|0A|57014)/.test((error as { code?: string }).code ?? '')) return undefined;
    throw error;
  }
}
