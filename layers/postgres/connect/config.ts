import * as z from 'zod';
import {
  type EnvironmentReader,
  type SecretSource,
  secretSource,
  text,
  wholeNumber,
} from '../../backup/environment.ts';

/** libpq's, weakest first. @see https://www.postgresql.org/docs/current/libpq-ssl.html */
export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

export interface PostgresConfig {
  /** A host name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Undefined where the server asks for none. */
  readonly password: SecretSource | undefined;
  readonly sslMode: SslMode;
  /** A PEM file of certificate authorities, or `system` for those of the operating system. */
  readonly sslRootCert: string | undefined;
  readonly connectTimeoutMs: number;
}

/** Reads `POSTGRES_*` (but for the databases' names) and libpq's `PGSSLMODE`, `PGSSLROOTCERT`, `PGCONNECT_TIMEOUT`. */
export function readPostgresConfig(read: EnvironmentReader): PostgresConfig {
  const sslRootCert = read.get('PGSSLROOTCERT', z.string().optional());
  const fallback = sslRootCert === 'system' ? 'verify-full' : 'prefer';
  const sslMode = read.get(
    'PGSSLMODE',
    z.enum(SSL_MODES, { error: `must be one of ${SSL_MODES.join(', ')}` }).default(fallback),
  );
  if (sslMode?.startsWith('verify') && sslRootCert === undefined) {
    read.problem(`PGSSLMODE=${sslMode} needs PGSSLROOTCERT: a PEM file, or "system"`);
  }
  if (sslRootCert === 'system' && sslMode !== 'verify-full') {
    read.problem('PGSSLROOTCERT=system needs PGSSLMODE=verify-full, as in libpq');
  }
  return {
    host: read.get('POSTGRES_HOST', text),
    port: read.get('POSTGRES_PORT', wholeNumber(1, 65_535, 5432)),
    user: read.get('POSTGRES_USER', text),
    password: secretSource(read, 'POSTGRES_PASSWORD'),
    sslMode,
    sslRootCert,
    connectTimeoutMs: 1000 * read.get('PGCONNECT_TIMEOUT', wholeNumber(1, 600, 10)),
  };
}
