import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { variablesOf } from '../servers/command-line.ts';
import { startTcpProxy } from '../servers/tcp-proxy.ts';
import { IMAGE } from './images.ts';
import { LIMITS, podman } from './podman.ts';

/** The servers of the tests, as containers reach them. */
export interface Beside {
  /** The variables of the service. */
  readonly env: Readonly<Record<string, string>>;
  /** Where they are, for URLs. */
  readonly postgres: { readonly host: string; readonly port: number };
  end(): Promise<void>;
}

/** What the container had that pgvouch replaces: half a processor, 512 MB, and one folder to write to. */
const OLD_CONTAINER = [
  ...['--cpus', '0.5', '--memory', '512m', '--memory-swap', '512m'],
  // Not even /tmp.
  ...['--read-only', '--read-only-tmpfs=false'],
  ...['--cap-drop', 'all', '--security-opt', 'no-new-privileges'],
];

/** Lets containers reach the PostgreSQL and the bucket of the tests, which listen to this machine alone. */
export async function besideContainers(vault: Vault, target: ConnectionTarget): Promise<Beside> {
  const host = await podman('network', 'inspect', '--format', '{{range .Subnets}}{{.Gateway}}{{end}}', 'podman');
  const bucketPort = Number(new URL(inject('s3').endpoint).port);
  const proxies = await Promise.all([target.port, bucketPort].map((port) => startTcpProxy(port, { host: '0.0.0.0' })));
  const [postgres = 0, bucket = 0] = proxies.map(({ port }) => port);
  const { PG_CLIENT_DIR: _, ...variables } = variablesOf(vault, { ...target, host, port: postgres });
  return {
    env: { ...variables, MINIO_ENDPOINT: `http://${host}:${bucket}` },
    postgres: { host, port: postgres },
    end: async () => {
      await Promise.all(proxies.map((proxy) => proxy.end()));
    },
  };
}

/** A container's name and its volume's, for arguments of `podman run`; nobody else has them. */
export function freshName(): string {
  return `pgvouch-test-${randomUUID().slice(0, 8)}`;
}

/** The arguments that run an image as the old container ran. */
export function runArguments(
  name: string,
  env: Readonly<Record<string, string>>,
  more: readonly string[] = [],
  image = IMAGE,
): string[] {
  const variables = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
  const own = ['--name', name, '--volume', `${name}:/var/lib/pgvouch`];
  return ['run', ...LIMITS, ...OLD_CONTAINER, ...own, ...more, ...variables, image];
}

export async function removeContainer(name: string): Promise<void> {
  await podman('rm', '--force', '--volumes', '--time', '2', name);
  await podman('volume', 'rm', '--force', name);
}
