import type pg from 'pg';
import { dial } from './dial.ts';
import { HEARTBEAT, keepAlive } from './heartbeat.ts';
import { withPassword } from './password.ts';
import { refusePooler } from './pooler.ts';
import { type Deviations, programOptions, settleSession } from './session-settings.ts';
import type { ConnectionTarget } from './target.ts';

/**
 * Connects as libpq would with the same sslmode. The caller ends the client.
 *
 * The session runs with the settings that pgvouch depends on, whatever role and database have set; see
 * session-settings.ts. A connection that breaks later fails the query under way; the client's own `error` event is taken
 * care of. While it is idle it is kept alive, for hours if need be.
 *
 * @throws {@link DumpError} if the server cannot be reached or refuses, {@link ConfigError} if a pooler answers
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS
 */
export async function connect(target: ConnectionTarget, database: string, name = 'pgvouch'): Promise<pg.Client> {
  const client = await dial(target, { database, application_name: name }, async (fresh) => {
    await refusePooler(fresh, target, database);
    deviations.set(fresh, await settleSession(fresh));
  });
  keepAlive(client, target.heartbeat ?? HEARTBEAT);
  return client;
}

const deviations = new WeakMap<pg.Client, Deviations>();

/** What role and database had set otherwise than pgvouch's sessions need it. */
export function deviationsOf(client: pg.Client): Deviations {
  return deviations.get(client) ?? { changed: [], stuck: [] };
}

/**
 * As {@link libpqEnvironment}, for a program that restores: with the settings that it needs in that database.
 *
 * @param monetary - the `lc_monetary` that the server is known to have
 */
export async function restoringEnvironment(
  target: ConnectionTarget,
  database: string,
  monetary?: string,
): Promise<Record<string, string>> {
  const client = await connect(target, database);
  await client.end();
  const options = [
    programOptions(deviationsOf(client), 'restore'),
    ...(monetary ? [`-c lc_monetary=${monetary}`] : []),
  ];
  return libpqEnvironment(await withPassword(target, database), database, options.filter(Boolean).join(' '));
}

/**
 * The environment that gives pg_dump and its kin the same connection. Nothing of it belongs into argv.
 *
 * @param target - {@link withPassword}
 * @param options - settings of the session, as `PGOPTIONS`
 */
export function libpqEnvironment(target: ConnectionTarget, database: string, options = ''): Record<string, string> {
  return {
    ...(options !== '' && { PGOPTIONS: options }),
    PGHOST: target.host,
    PGPORT: String(target.port),
    PGUSER: target.user,
    PGDATABASE: database,
    ...(target.password !== undefined && { PGPASSWORD: target.password }),
    PGSSLMODE: target.sslMode,
    // libpq verifies under `require` too if it finds ~/.postgresql/root.crt; named, it looks nowhere else.
    PGSSLROOTCERT: target.sslRootCert ?? '/nonexistent/root.crt',
    // The same holds for the client's own: named, they are not looked for in ~/.postgresql.
    PGSSLCERT: target.clientCertificate?.certFile ?? '/nonexistent/postgresql.crt',
    PGSSLKEY: target.clientCertificate?.keyFile ?? '/nonexistent/postgresql.key',
    PGCHANNELBINDING: target.channelBinding ?? 'prefer',
    PGCONNECT_TIMEOUT: String(Math.ceil(target.connectTimeoutMs / 1000)),
    PGPASSFILE: '/nonexistent/pgpass',
    // node-postgres speaks no GSSAPI, and one connection must not be encrypted otherwise than the next.
    PGGSSENCMODE: 'disable',
    PGAPPNAME: 'pgvouch',
  };
}
