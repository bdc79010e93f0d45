import type { Environment } from '../../layers/settings/environment.ts';

/**
 * The environment with what the pgvouch.yaml in `PGVOUCH_CONFIG` says in it. YAML is loaded only if there is one.
 *
 * @throws {@link ConfigError} with everything that is wrong with the file
 */
export async function configured<Env extends Environment>(env: Env): Promise<Env> {
  if (!env.PGVOUCH_CONFIG) return env;
  const { withConfigFile } = await import('../../layers/settings/file/load.ts');
  return withConfigFile(env) as Env;
}
