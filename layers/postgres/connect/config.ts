import type { EnvironmentReader, SecretSource } from '../../settings/environment.ts';
import type { ValueOf } from '../../settings/variables.ts';
import { type ClientCertificate, readClientCertificate } from './client-certificate.ts';
import { type Host, readHosts, type TargetSessionAttrs } from './hosts.ts';
import { type RdsIam, readRdsIam } from './rds-iam.ts';
import { readService } from './service-file.ts';

export type SslMode = NonNullable<ValueOf<'PGSSLMODE'>>;

export interface PostgresConfig {
  /** At least one. Which of several it is, each invocation finds out anew; see {@link targetSessionAttrs}. */
  readonly hosts: readonly Host[];
  /** Which sessions are looked for, as in libpq. */
  readonly targetSessionAttrs: TargetSessionAttrs;
  /** What the server is called, whatever its address is; undefined to go by the address. */
  readonly serverName?: string | undefined;
  readonly user: string;
  /** Undefined where the server asks for none. */
  readonly password: SecretSource | undefined;
  /** For a role that RDS lets in with a token of IAM. */
  readonly rdsIam?: RdsIam | undefined;
  /** A password file of libpq's, for where no password is given. */
  readonly passfile?: string | undefined;
  readonly sslMode: SslMode;
  /** A PEM file of certificate authorities, or `system` for those of the operating system. */
  readonly sslRootCert: string | undefined;
  /** Undefined where the client shows none. */
  readonly clientCertificate?: ClientCertificate | undefined;
  /** As in libpq; `prefer` by default. */
  readonly channelBinding?: ValueOf<'PGCHANNELBINDING'>;
  readonly connectTimeoutMs: number;
  /** `session` if what answers may be a pooler that gives each client a server's session of its own. */
  readonly pooler?: ValueOf<'POSTGRES_POOLER'>;
}

/** The variables that name a role and its password. */
export interface RoleVariables {
  readonly user: 'POSTGRES_USER' | 'REPLICATION_USER';
  readonly password: 'POSTGRES_PASSWORD' | 'REPLICATION_PASSWORD';
}

/**
 * Reads `POSTGRES_*` (but for the databases' names) and libpq's `PGPASSFILE`, `PGSSLMODE`, `PGSSLROOTCERT`, `PGSSLCERT`, `PGSSLKEY`,
 * `PGTARGETSESSIONATTRS` and `PGCONNECT_TIMEOUT`.
 *
 * What is not set comes from the service that `PGSERVICE` names, if it does.
 *
 * @param role - the variables of another role on the same server
 */
export function readPostgresConfig(
  environment: EnvironmentReader,
  role: RoleVariables = { user: 'POSTGRES_USER', password: 'POSTGRES_PASSWORD' },
): PostgresConfig {
  const read = environment.or(readService(environment));
  const sslRootCert = read.get('PGSSLROOTCERT');
  const sslMode = read.get('PGSSLMODE') ?? (sslRootCert === 'system' ? 'verify-full' : 'prefer');
  if (sslMode.startsWith('verify') && sslRootCert === undefined) {
    read.problem(`PGSSLMODE=${sslMode} needs PGSSLROOTCERT: a PEM file, or "system"`);
  }
  if (sslRootCert === 'system' && sslMode !== 'verify-full') {
    read.problem('PGSSLROOTCERT=system needs PGSSLMODE=verify-full, as in libpq');
  }
  const hosts = readHosts(read);
  return {
    hosts,
    // The slot is on the primary, and a standby has the end of its WAL later.
    targetSessionAttrs:
      role.user === 'POSTGRES_USER' ? read.get('PGTARGETSESSIONATTRS') : hosts.length > 1 ? 'primary' : 'any',
    serverName: read.get('POSTGRES_SERVER_NAME'),
    user: read.required(role.user),
    password: read.secret(role.password),
    rdsIam:
      role.user === 'POSTGRES_USER'
        ? readRdsIam(
            read,
            hosts.map(({ host }) => host),
          )
        : undefined,
    passfile: read.get('PGPASSFILE'),
    sslMode,
    sslRootCert,
    clientCertificate: readClientCertificate(read),
    channelBinding: readChannelBinding(read),
    connectTimeoutMs: 1000 * read.get('PGCONNECT_TIMEOUT'),
    pooler: read.get('POSTGRES_POOLER'),
  };
}

function readChannelBinding(read: EnvironmentReader): ValueOf<'PGCHANNELBINDING'> {
  const channelBinding = read.get('PGCHANNELBINDING');
  if (channelBinding === 'require' && read.get('PGSSLMODE') === 'disable') {
    read.problem('PGCHANNELBINDING=require needs TLS, but PGSSLMODE is disable');
  }
  return channelBinding;
}
