import { configurationProblems, problemsOf } from '../../functions/configuration.ts';
import { ConfigError } from '../../layers/backup/errors.ts';
import { readPostgresConfig } from '../../layers/postgres/connect/config.ts';
import { socketPath } from '../../layers/postgres/connect/socket.ts';
import { readDatabases } from '../../layers/settings/databases.ts';
import { ALL_VARIABLES, type Environment, readEnvironment } from '../../layers/settings/environment.ts';
import type { FunctionName } from '../../layers/settings/functions.ts';
import { joinProblems, problemsByServer, type ServerEnvironment } from '../../layers/settings/servers.ts';
import { readVaultConfig } from '../../layers/vault/config.ts';
import { dumpsConfig, readHostConfig } from '../host/config.ts';
import { timeoutSOf } from '../host/hosted-function.ts';

export type ServiceConfig = ReturnType<typeof readServiceConfig>;

/** A server that the service backs up. What is the same for all servers each of their configurations says. */
export interface ServedServer extends ServerEnvironment {
  readonly config: ServiceConfig;
}

/**
 * Checks all that is configured, of every server.
 *
 * @throws {@link ConfigError} with every problem in one message, each once, and with its server if others do not have it
 */
export function checkServers(servers: readonly ServerEnvironment[]): readonly ServedServer[] {
  const problems = problemsByServer(servers, serviceProblems);
  if (problems.length === 0) return servers.map((server) => ({ ...server, config: readServiceConfig(server.env) }));
  throw new ConfigError({ operation: 'read configuration', problem: joinProblems(problems), hint: ALL_VARIABLES });
}

/** What is wrong with the service's own configuration, and with that of every function: nothing is started with a bad one. */
function serviceProblems(env: Environment): string[] {
  return [...problemsOf(() => readServiceConfig(env)), ...configurationProblems(() => env)];
}

function readServiceConfig(env: Environment) {
  const read = readEnvironment(env, 'the service');
  const { hosts } = readPostgresConfig(read);
  const { bucket, prefix, server, region } = readVaultConfig(read);
  const databases = readDatabases(read);
  const config = {
    ...readHostConfig(read),
    ...dumpsConfig(env, databases),
    metricsHost: read.get('METRICS_HOST'),
    bucket,
    prefix,
    /** Where PostgreSQL may listen. */
    postgres: hosts.map(({ host, port }) => {
      const path = socketPath(host, port);
      return path === undefined ? { host, port } : { path };
    }),
    /** Where the bucket's server listens. */
    bucketServer: placeOf(server?.endpoint ?? `https://s3.${region}.amazonaws.com`),
  };
  read.done();
  return Object.freeze(config);
}

function placeOf(url: string): { readonly host: string; readonly port: number } {
  // A bad one is a problem already, and never seen here.
  const { hostname, port, protocol } = URL.canParse(url) ? new URL(url) : new URL('http://invalid');
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (protocol === 'https:' ? 443 : 80) };
}

/** How long a function may run. */
export function limitMsOf(name: FunctionName, config: ServiceConfig): number {
  return 1000 * timeoutSOf(name, config);
}
