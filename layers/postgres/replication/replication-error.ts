import { ConfigError, DumpError, type PgvouchError, textOf } from '../../backup/errors.ts';
import { serverError } from '../connect/server-error.ts';

/** What is to be done about it, where it means something else than for a session. */
const HINTS: Readonly<Record<string, string>> = {
  '28000':
    "the server's pg_hba.conf has no replication line for this role, address and encryption: add `host replication <role> <address> scram-sha-256` and reload. Managed services such as RDS, Aurora, Cloud SQL and Azure allow none: leave PITR off there; dumps go on",
  '28P01': 'the password is wrong: check REPLICATION_PASSWORD (or its secret) and REPLICATION_USER',
  '42501': 'the role may not replicate: ALTER ROLE … LOGIN REPLICATION',
  '53300':
    'the server has no walsender left: raise max_wal_senders there, with wal_level at replica or logical, and restart it',
};

/** What a walsender said, or the connection to it, as one of our errors with a hint; our own pass unless they say less. */
export function replicationError(operation: string, subject: string, error: unknown): PgvouchError {
  const said = error instanceof DumpError && error.cause !== undefined ? error.cause : error;
  const { code = '' } = (said ?? {}) as { code?: string };
  const own = /must be superuser or replication role|permission denied to start WAL sender/.test(textOf(said))
    ? HINTS['42501']
    : HINTS[code];
  if (own === undefined) return serverError(operation, subject, error);
  const facts = { operation, subject, problem: `${textOf(said)} (SQLSTATE ${code})`, hint: own, cause: said };
  return code === '53300' ? new DumpError(facts) : new ConfigError(facts);
}

/** The SQLSTATE that the server ended something with; undefined if it was not the server. */
export function sqlStateOf(error: unknown): string | undefined {
  const said = error instanceof DumpError && error.cause !== undefined ? error.cause : error;
  const { code } = (said ?? {}) as { code?: string };
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}
