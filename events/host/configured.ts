import { ConfigError } from '../../layers/backup/errors.ts';
import type { Environment } from '../../layers/settings/environment.ts';
import type { ServerEnvironment } from '../../layers/settings/servers.ts';

/**
 * The servers that are configured, each with the environment of its functions: those of the pgvouch.yaml in
 * `PGVOUCH_CONFIG`, or one without a name. YAML is loaded only if there is a file.
 *
 * @throws {@link ConfigError} with everything that is wrong with the file
 */
export async function configured(env: Environment): Promise<readonly ServerEnvironment[]> {
  if (!env.PGVOUCH_CONFIG) return [{ name: undefined, env }];
  const { withServers } = await import('../../layers/settings/file/load.ts');
  return withServers(env);
}

/**
 * The one that is meant; undefined if nobody says which of several.
 *
 * @param name - undefined where nobody names one
 * @throws {@link ConfigError} if there is none of that name
 */
export function chosenServer(
  servers: readonly ServerEnvironment[],
  name: string | undefined,
): ServerEnvironment | undefined {
  if (name === undefined) return servers.length === 1 ? servers[0] : undefined;
  const chosen = servers.find((one) => one.name === name);
  if (chosen) return chosen;
  const names = servers.flatMap((one) => one.name ?? []);
  throw new ConfigError({
    operation: 'choose server',
    subject: name,
    problem: names.length === 0 ? 'no server has a name here' : `there are ${names.join(', ')}`,
    hint: 'servers are named in a pgvouch.yaml: see docs/config-file.md',
  });
}

/** Where it is not said which of several servers is meant. */
export function unsaidServer(servers: readonly ServerEnvironment[]): ConfigError {
  return new ConfigError({
    operation: 'choose server',
    problem: `several are configured: ${servers.map(({ name }) => name).join(', ')}`,
    hint: `say which, like this: --server ${servers[0]?.name}`,
  });
}
