import { DumpError, PgvouchError, textOf } from '../../backup/errors.ts';
import type { ConnectionTarget } from './target.ts';

/** @see https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-CONFLICT */
export const RECOVERY_CONFLICT_HINT =
  'the standby replayed changes that conflicted with the dump: set hot_standby_feedback = on there, or raise max_standby_streaming_delay';

const DROPPED =
  'something in between (a firewall, NAT, a load balancer or a proxy) drops idle connections: raise its idle timeout, or connect to the server directly';

/** For whatever the role may not read. */
export const UNREADABLE_HINT =
  'the role must be able to read everything: GRANT pg_read_all_data TO it, or leave what it may not read out with DUMP_EXCLUDE_SCHEMA or DUMP_EXCLUDE_TABLE';

/** What the database's owner can do, by SQLSTATE or the system's error code. */
export const HINTS: Readonly<Record<string, string>> = {
  '28P01': 'the password is wrong: check POSTGRES_PASSWORD (or its secret, or PGPASSFILE) and POSTGRES_USER',
  '28000':
    "the server's pg_hba.conf has no entry for this user, database, address and encryption: check it and PGSSLMODE",
  '3D000': 'the server has no database of this name: check POSTGRES_DB or POSTGRES_DBS',
  '53300':
    "the server has no connections left: raise max_connections, or the role's or database's CONNECTION LIMIT, or fire fewer dumps at once; each needs four",
  '53200': 'the server ran out of memory or of room for locks: raise max_locks_per_transaction there, and restart it',
  '57P03': 'the server is starting, stopping or recovering: this will pass',
  '57P01': 'the server was stopped or an administrator ended the connection',
  '55P03': 'another session holds a conflicting lock (DDL, VACUUM FULL, …): see pg_locks; the next try may succeed',
  '42501': UNREADABLE_HINT,
  '53100': "the server's disk is full",
  '40001': RECOVERY_CONFLICT_HINT,
  ECONNREFUSED:
    'nothing is listening there: check that the server is up, and that POSTGRES_HOST and POSTGRES_PORT are right',
  ENOENT:
    'there is no socket: check that the server is up, and that POSTGRES_HOST is its folder and POSTGRES_PORT the end of its name',
  ENOTFOUND: 'the name cannot be resolved: check POSTGRES_HOST',
  EAI_AGAIN: 'the name cannot be resolved right now: check POSTGRES_HOST and the resolver',
  EHOSTUNREACH: 'no route leads there: check POSTGRES_HOST, the network and the security groups',
  ESILENT: DROPPED,
  ETIMEDOUT: 'nothing answers there: check POSTGRES_HOST, firewalls and security groups',
};

/** A failed connection as a DumpError that names server and database; our own errors pass. */
export function connectionError(target: ConnectionTarget, database: string, error: unknown): PgvouchError {
  return serverError(`connect to ${target.host}:${target.port}, database`, `"${database}"`, error);
}

/** What the server or the connection to it said, as a DumpError with a hint where one is known; our own errors pass. */
export function serverError(operation: string, subject: string, error: unknown): PgvouchError {
  if (error instanceof PgvouchError) return error;
  const hint = hintFor(error);
  const { code } = error as { code?: string };
  const text = /^Client has encountered/.test(textOf(error)) ? 'the connection broke while it was idle' : textOf(error);
  const problem = text + (/^[0-9A-Z]{5}$/.test(code ?? '') ? ` (SQLSTATE ${code})` : '');
  return new DumpError({ operation, subject, problem, ...(hint !== undefined && { hint }), cause: error });
}

/** Whether the server had no connection left for us, or for one of our programs. */
export function isCrowded(error: unknown): boolean {
  if (!(error instanceof DumpError)) return false;
  const { code } = (error.cause ?? {}) as { code?: string };
  return code === '53300' || CROWDED.test(error.problem) || isUnheard(error);
}

/** Of programs, which tell no SQLSTATE. */
const CROWDED = /FATAL: +(sorry, )?(too many (clients|connections)|remaining connection slots)/;

/**
 * Whether pg_dumpall was refused: it does not say why. Others just connected as it does.
 *
 * @see src/bin/pg_dump/pg_dumpall.c, main: it connects without fail_on_error
 */
export function isUnheard(error: unknown): boolean {
  return error instanceof DumpError && error.problem.includes('pg_dumpall: error: could not connect to database');
}

/** Whether an error only says that a connection is gone, and not why. The words are node-postgres' own. */
export function isLoss(error: unknown): boolean {
  const said = error instanceof PgvouchError ? error.cause : error;
  const { code = '' } = (said ?? {}) as { code?: string };
  return ['ECONNRESET', 'EPIPE'].includes(code) || /^(Client has encountered|Connection terminated)/.test(textOf(said));
}

function hintFor(error: unknown): string | undefined {
  const { code } = error as { code?: string };
  const text = textOf(error);
  if (/does not support SSL/.test(text)) return 'the server has no TLS, but PGSSLMODE requires it: turn ssl on there';
  if (/channel binding/i.test(text)) {
    return 'something between pgvouch and the server ends TLS and starts it anew: connect to the server directly, or set PGCHANNELBINDING=disable';
  }
  if (/could not find digest/.test(text)) {
    return "the server's certificate, such as one of Ed25519, allows no channel binding: set PGCHANNELBINDING=disable, or give the server another one";
  }
  if (/requires a valid client certificate|certificate required|unknown ca$/.test(text)) {
    return 'the server demands a client certificate that its own authority issued: check PGSSLCERT and PGSSLKEY';
  }
  if (/certificate authentication failed/.test(text)) {
    return 'the certificate in PGSSLCERT is for another role than POSTGRES_USER: its common name must be that, or pg_ident.conf must map it';
  }
  if (/certificate|self-signed|altnames/i.test(text)) {
    return 'the certificate does not satisfy PGSSLMODE: check PGSSLROOTCERT, and that the certificate is for the name in POSTGRES_HOST';
  }
  if (/password must be a/.test(text))
    return 'the server requires a password: set POSTGRES_PASSWORD (or its secret), or give PGPASSFILE a line that fits host, port, database and user';
  if (/row-level security/.test(text)) {
    return 'the role must see every row: ALTER ROLE … BYPASSRLS, or use an owner without FORCE ROW LEVEL SECURITY';
  }
  if (/timeout expired/.test(text)) return HINTS.ETIMEDOUT;
  if (/Connection terminated|not queryable|ECONNRESET|EPIPE/.test(`${text} ${code}`)) {
    return `the connection broke: the server restarted, the session was ended, the network failed, or ${DROPPED}`;
  }
  const inner = error instanceof AggregateError ? (error.errors[0] as { code?: string })?.code : undefined;
  return HINTS[code ?? inner ?? ''];
}
