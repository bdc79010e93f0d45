import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import { ConfigError, textOf } from '../../backup/errors.ts';
import { demandChannelBinding } from './channel-binding.ts';
import { loadClientCertificate } from './client-certificate.ts';
import { TCP_KEEPALIVE_MS } from './heartbeat.ts';
import { withPassword } from './password.ts';
import { connectionError } from './server-error.ts';
import { socketPath, socketTo } from './socket.ts';
import type { ConnectionTarget } from './target.ts';

type Tls = false | ConnectionOptions;

/**
 * What a connection asks for: a session in a database, or a walsender.
 *
 * @see https://www.postgresql.org/docs/current/protocol-replication.html for `replication`
 */
export interface Asked {
  readonly database: string;
  readonly application_name: string;
  readonly replication?: 'true' | 'database';
  /** Settings, as libpq's PGOPTIONS has them. */
  readonly options?: string;
  readonly tap?: Tap;
}

/** Something that gets what the server sends before node-postgres does. */
export interface Tap {
  /** The socket to use without TLS. */
  openSocket(): Socket;
  /** Called as the client connects, before the first byte comes. */
  begin(client: pg.Client): void;
}

/**
 * Opens a connection as libpq would with the same sslmode. The caller ends the client. A connection that breaks later
 * fails the query under way; the client's own `error` event is taken care of.
 *
 * @param settle - what is done first; if it fails, the connection is given up
 * @throws {@link DumpError} if the server cannot be reached or refuses
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS
 */
export async function dial(
  target: ConnectionTarget,
  { tap, ...asked }: Asked,
  settle: (client: pg.Client) => Promise<void> = async () => {},
): Promise<pg.Client> {
  const attempts = tlsAttempts(target);
  const { password } = await withPassword(target, asked.database);
  const socket = socketPath(target.host, target.port);
  for (const [index, ssl] of attempts.entries()) {
    const client = new pg.Client({
      ...{ host: target.host, port: target.port, user: target.user },
      ...(socket !== undefined && { stream: () => socketTo(socket) }),
      // An empty password rather than none: pg would otherwise look into ~/.pgpass, which pg_dump is kept from too.
      password: password ?? '',
      ...asked,
      ssl,
      enableChannelBinding: ssl !== false && target.channelBinding !== 'disable',
      ...(tap && socket === undefined && ssl === false && { stream: tap.openSocket }),
      connectionTimeoutMillis: target.connectTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: TCP_KEEPALIVE_MS,
      // Its types know nothing of replication.
    } as pg.ClientConfig);
    // Without a listener a broken idle connection ends the process.
    client.on('error', () => {});
    const checkBinding = target.channelBinding === 'require' ? demandChannelBinding(client, target) : () => {};
    try {
      const connected = client.connect();
      tap?.begin(client);
      await connected;
      checkBinding();
      await settle(client);
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      const another = index + 1 < attempts.length && mayTryOtherwise(error);
      if (!another) throw connectionError(target, asked.database, error);
    }
  }
  throw new Error('unreachable: every sslmode has an attempt');
}

/** The one place where libpq's sslmode is translated: what to try, in order. */
function tlsAttempts(target: ConnectionTarget): Tls[] {
  if (socketPath(target.host, target.port) !== undefined) return [false];
  const shown =
    target.sslMode !== 'disable' && target.clientCertificate && loadClientCertificate(target.clientCertificate);
  const full = () => ({ ...trust(target), ...shown });
  const chainOnly = () => ({ ...full(), checkServerIdentity: () => undefined });
  // As libpq: with a root certificate at hand the chain is verified under every mode that uses TLS at all.
  const atLeast = () => (target.sslRootCert === undefined ? { rejectUnauthorized: false, ...shown } : chainOnly());
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
      return [full()];
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
  if (/^SASL/.test(textOf(error)) || error instanceof ConfigError) return false;
  return (
    /does not support SSL|certificate/.test(textOf(error)) ||
    code === '28000' ||
    /^(ERR_SSL|ERR_TLS|EPROTO)/.test(code ?? '')
  );
}
