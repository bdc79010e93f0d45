import type { EnvironmentReader } from '../../settings/environment.ts';
import type { ValueOf } from '../../settings/variables.ts';

/** Where a server may listen. */
export interface Host {
  /** A host name, an address, the folder of a Unix socket, or `@` and the name of an abstract one. */
  readonly host: string;
  readonly port: number;
}

export type TargetSessionAttrs = NonNullable<ValueOf<'PGTARGETSESSIONATTRS'>>;

/** What a server says of the sessions that it gives. */
export interface SessionState {
  /** Whether it only replays what another server writes. */
  readonly inHotStandby: boolean;
  /** Whether transactions may not write, for that reason or because it is set so. */
  readonly readOnly: boolean;
}

/**
 * Reads `POSTGRES_HOST` and `POSTGRES_PORT`, each a list separated by commas: one port for all hosts, or one for each.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS
 */
export function readHosts(read: EnvironmentReader): readonly Host[] {
  // What is not as it should be is a problem already, and never seen.
  const listOf = (text: string | undefined) => (text ?? '').split(',').map((one) => one.trim());
  const hosts = listOf(read.required('POSTGRES_HOST'));
  const ports = listOf(read.get('POSTGRES_PORT')).map(Number);
  if (ports.length !== 1 && ports.length !== hosts.length) {
    read.problem(
      `POSTGRES_PORT has ${ports.length} ports for ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}: give one for all, or one for each`,
    );
  }
  const named = hosts.map((host, index) => ({ host, port: ports[index] ?? ports[0] ?? 0 }));
  const twice = named.find(({ host, port }, index) =>
    named.slice(0, index).some((one) => one.host === host && one.port === port),
  );
  if (twice) read.problem(`POSTGRES_HOST names ${describeHosts([twice])} twice`);
  return named;
}

/** For messages, and as the name of a server with several addresses. */
export function describeHosts(hosts: readonly Host[]): string {
  return hosts.map(({ host, port }) => `${host}:${port}`).join(',');
}

/**
 * The attributes to look for, in order: all hosts are tried with the first, then all with the next.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-TARGET-SESSION-ATTRS
 */
export function inOrder(attrs: TargetSessionAttrs): readonly Exclude<TargetSessionAttrs, 'prefer-standby'>[] {
  return attrs === 'prefer-standby' ? ['standby', 'any'] : [attrs];
}

/** Why a server's sessions are not those that are looked for; undefined if they are. */
export function whyNot(
  attrs: Exclude<TargetSessionAttrs, 'prefer-standby'>,
  { inHotStandby, readOnly }: SessionState,
): string | undefined {
  if (attrs === 'standby' && !inHotStandby) return 'it is not a standby';
  if (attrs === 'primary' && inHotStandby) return 'it is a standby';
  if (attrs === 'read-write' && readOnly) return inHotStandby ? 'it is a standby' : 'its transactions are read-only';
  if (attrs === 'read-only' && !readOnly) return 'its transactions may write';
  return undefined;
}
