import type pg from 'pg';
import { ConfigError } from '../../backup/errors.ts';
import type { ConnectionTarget } from './target.ts';

const BOUND = 'SCRAM-SHA-256-PLUS';

/** What node-postgres' types do not have: each message of the server, before it is answered. */
interface Messages {
  readonly stream: { destroy(error: Error): void };
  prependListener(event: string, listener: (message: { mechanisms?: readonly string[] }) => void): void;
}

/**
 * Gives a connection up as soon as the server asks for a password without channel binding, before one is sent:
 * node-postgres uses channel binding where it is offered, but cannot demand it.
 *
 * @returns what to call once the client is connected: it throws if the server let it in without asking for a password
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-CHANNEL-BINDING
 */
export function demandChannelBinding(client: pg.Client, { host, port }: ConnectionTarget): () => void {
  const refusal = (problem: string) =>
    new ConfigError({
      operation: 'connect to',
      subject: `${host}:${port}`,
      problem: `${problem}, but PGCHANNELBINDING is require`,
      hint: 'channel binding needs TLS as far as the server itself, and scram-sha-256 for this role, its password and its line in pg_hba.conf; with anything else set PGCHANNELBINDING=prefer',
    });
  const { connection } = client as unknown as { connection: Messages };
  let bound = false;
  connection.prependListener('authenticationSASL', ({ mechanisms = [] }) => {
    bound = mechanisms.includes(BOUND);
    if (!bound)
      connection.stream.destroy(refusal(`the server offers ${mechanisms.join(', ')} without channel binding`));
  });
  for (const [event, asked] of ASKED_BARE) {
    connection.prependListener(event, () => connection.stream.destroy(refusal(`the server asks for ${asked}`)));
  }
  return () => {
    if (!bound) throw refusal('the server asked for no password');
  };
}

const ASKED_BARE = [
  ['authenticationCleartextPassword', 'the password itself'],
  ['authenticationMD5Password', "the password's MD5 hash"],
] as const;
