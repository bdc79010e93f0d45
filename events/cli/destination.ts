import { ConfigError } from '../../layers/backup/errors.ts';
import { readPostgresConfig } from '../../layers/postgres/connect/config.ts';
import { readTarget } from '../../layers/postgres/connect/read-target.ts';
import type { ConnectionTarget } from '../../layers/postgres/connect/target.ts';
import { readTargetUrl } from '../../layers/postgres/connect/target-url.ts';
import { type Environment, readEnvironment } from '../../layers/settings/environment.ts';
import type { Session } from './session.ts';

export interface Destination {
  readonly target: ConnectionTarget;
  readonly database: string;
  /** It then stands in the process list, where others see it. */
  readonly passwordInUrl: boolean;
}

/** What libpq would read of the environment where the URL does not say. */
const FROM_ENVIRONMENT = [
  ...['PGSSLMODE', 'PGSSLROOTCERT', 'PGSSLCERT', 'PGSSLKEY'],
  ...['PGCONNECT_TIMEOUT', 'PGPASSFILE', 'PGCHANNELBINDING'],
];

/**
 * Reads `--to`. A password that the URL does not hold comes from `PGPASSWORD`, or is the configured one where server and
 * user are those configured.
 *
 * @throws {@link ConfigError} if it is no such URL or names no database, or if the configured password cannot be read
 */
export async function readDestination(
  url: string,
  { env, ownEnv }: Pick<Session, 'env' | 'ownEnv'>,
): Promise<Destination> {
  const { target, database } = readTargetUrl(
    url,
    '--to',
    Object.fromEntries(FROM_ENVIRONMENT.map((name) => [name, ownEnv[name]])),
  );
  if (database === undefined) {
    throw new ConfigError({
      operation: 'read',
      subject: '--to',
      problem: 'it does not name a database',
      hint: 'use postgres://user@host:5432/shop_restored; --create creates the database if it does not exist',
    });
  }
  const password = target.password ?? ownEnv.PGPASSWORD ?? (await configuredPassword(target, env));
  const passwordInUrl = target.password !== undefined;
  return { target: { ...target, password: password === '' ? undefined : password }, database, passwordInUrl };
}

/** Of a file or a secret too; undefined unless server and role are those configured. */
async function configuredPassword(target: ConnectionTarget, env: Environment): Promise<string | undefined> {
  // What is not set is not asked for: another server may be all that there is.
  const config = readPostgresConfig(readEnvironment(env, 'the configured server'));
  const same = config.hosts.find(({ host, port }) => host === target.host && port === target.port);
  if (same === undefined || config.user !== target.user) return undefined;
  const only = { ...config, hosts: [same], targetSessionAttrs: 'any' as const };
  return (await readTarget(only, Date.now(), { database: 'postgres' })).password;
}
