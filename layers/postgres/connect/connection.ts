import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import { ConfigError, textOf } from '../../backup/errors.ts';
import { HEARTBEAT, keepAlive, TCP_KEEPALIVE_MS } from './heartbeat.ts';
import { refusePooler } from './pooler.ts';
import { connectionError } from './server-error.ts';
import { type Deviations, programOptions, settleSession } from './session-settings.ts';
import type { ConnectionTarget } from './target.ts';

type Tls = false | ConnectionOptions;

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
  const attempts = tlsAttempts(target);
  for (const [index, ssl] of attempts.entries()) {
    const client = new pg.Client({
      host: target.host,
      port: target.port,
      user: target.user,
      // An empty password rather than none: pg would otherwise look into ~/.pgpass, which pg_dump is kept from too.
      password: target.password ?? '',
      database,
      ssl,
      application_name: name,
      connectionTimeoutMillis: target.connectTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: TCP_KEEPALIVE_MS,
    });
    // Without a listener a broken idle connection ends the process.
    client.on('error', () => {});
    try {
      await client.connect();
      await refusePooler(client, target, database);
      deviations.set(client, await settleSession(client));
      keepAlive(client, target.heartbeat ?? HEARTBEAT);
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      const another = index + 1 < attempts.length && mayTryOtherwise(error);
      if (!another) throw connectionError(target, database, error);
    }
  }
  throw new Error('unreachable: every sslmode has an attempt');
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
  return libpqEnvironment(target, database, options.filter(Boolean).join(' '));
}

/**
 * The environment that gives pg_dump and its kin the same connection. Nothing of it belongs into argv.
 *
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
    PGCONNECT_TIMEOUT: String(Math.ceil(target.connectTimeoutMs / 1000)),
    PGPASSFILE: '/nonexistent/pgpass',
    // node-postgres speaks no GSSAPI, and one connection must not be encrypted otherwise than the next.
    PGGSSENCMODE: 'disable',
    PGAPPNAME: 'pgvouch',
  };
}

/** The one place where libpq's sslmode is translated: what to try, in order. */
function tlsAttempts(target: ConnectionTarget): Tls[] {
  if (target.host.startsWith('/')) return [false];
  const chainOnly = () => ({ ...trust(target), checkServerIdentity: () => undefined });
  // As libpq: with a root certificate at hand the chain is verified under every mode that uses TLS at all.
  const atLeast = () => (target.sslRootCert === undefined ? { rejectUnauthorized: false } : chainOnly());
  switch (target.sslMode) {
    case 'disable':
      return [false];
    case 'allow':
      return [false, atLeast()];
    case 'prefer':
      return [atLeast(), false];
    case 'require':
      return [atLeast()];
    case 'verify-ca':
      return [chainOnly()];
    case 'verify-full':
      return [trust(target)];
  }
}

function trust({ sslRootCert }: ConnectionTarget): ConnectionOptions {
  if (sslRootCert === undefined || sslRootCert === 'system') return { rejectUnauthorized: true };
  try {
    return { rejectUnauthorized: true, ca: readFileSync(sslRootCert, 'utf8') };
  } catch (error) {
    throw new ConfigError({
      operation: 'read root certificates',
      subject: sslRootCert,
      problem: textOf(error),
      hint: 'PGSSLROOTCERT must name a PEM file that this function can read, or be "system"',
      cause: error,
    });
  }
}

/** Whether another encryption may help: the server has no TLS, TLS failed, or pg_hba.conf asks for another. */
function mayTryOtherwise(error: unknown): boolean {
  const { code } = error as { code?: string };
  return (
    /does not support SSL|certificate/.test(textOf(error)) ||
    code === '28000' ||
    /^(ERR_SSL|ERR_TLS|EPROTO)/.test(code ?? '')
  );
}
