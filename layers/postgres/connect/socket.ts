import { Socket } from 'node:net';

/**
 * The path of a server's Unix socket, as Node takes it; undefined where the host is no socket. The host is the folder that
 * it lies in, or begins with `@` if it lies in the abstract namespace, which has no files.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-HOST
 */
export function socketPath(host: string, port: number): string | undefined {
  if (!/^[/@]/.test(host)) return undefined;
  const path = `${host}/.s.PGSQL.${port}`;
  return host.startsWith('@') ? `\0${path.slice(1)}` : path;
}

/** A connection to a path, whatever it is asked to connect to: node-postgres knows no abstract sockets. */
export function socketTo(path: string): Socket {
  const socket = new Socket();
  const connect = socket.connect.bind(socket) as (path: string) => Socket;
  return Object.assign(socket, { connect: () => connect(path) });
}
