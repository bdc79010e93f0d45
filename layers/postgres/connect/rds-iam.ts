import type { EnvironmentReader } from '../../settings/environment.ts';
import { socketPath } from './socket.ts';

const PASSWORDS = ['POSTGRES_PASSWORD', 'POSTGRES_PASSWORD_SECRET', 'POSTGRES_PASSWORD_FILE', 'PGPASSFILE'] as const;

/** Logging in with a token of IAM. */
export interface RdsIam {
  readonly region: string;
}

/**
 * Reads `POSTGRES_AUTH`; undefined unless it is `rds-iam`. A token is a password for 15 minutes, which RDS has sent as it
 * is: so nobody but the server may get it, and what else would log in is refused.
 */
export function readRdsIam(read: EnvironmentReader, hosts: readonly string[]): RdsIam | undefined {
  if (read.get('POSTGRES_AUTH') !== 'rds-iam') return undefined;
  const set = PASSWORDS.filter((name) => read.isSet(name));
  if (set.length > 0) read.problem(`POSTGRES_AUTH=rds-iam makes the password itself: unset ${set.join(' and ')}`);
  const mode = read.get('PGSSLMODE') ?? (read.get('PGSSLROOTCERT') === 'system' ? 'verify-full' : 'prefer');
  if (mode !== 'verify-full') {
    read.problem('POSTGRES_AUTH=rds-iam needs PGSSLMODE=verify-full: the token goes to whoever answers');
  }
  if (read.get('PGCHANNELBINDING') === 'require') {
    read.problem('POSTGRES_AUTH=rds-iam and PGCHANNELBINDING=require exclude each other: RDS takes the token as it is');
  }
  if (hosts.some((host) => socketPath(host, 0) !== undefined)) {
    read.problem("POSTGRES_AUTH=rds-iam needs RDS's endpoint in POSTGRES_HOST, not a socket");
  }
  return { region: regionOf(hosts[0] ?? '') ?? read.get('AWS_REGION') };
}

/** The region that an endpoint of RDS has in its name: `shop.c0ffee.eu-central-1.rds.amazonaws.com`. */
export function regionOf(host: string): string | undefined {
  return /\.([a-z0-9-]+)\.rds\.amazonaws\.com(\.cn)?\.?$/i.exec(host)?.[1]?.toLowerCase();
}
