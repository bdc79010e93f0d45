import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../../layers/settings/environment.ts';
import { isReadByFunctions, VARIABLES } from '../../layers/settings/variables.ts';
import { isBucketEmbedded, isPostgresEmbedded, readLocalConfig } from '../offline/config.ts';
import { functionEnvironment } from '../offline/environment.ts';
import { localSecrets } from '../offline/servers/secrets.ts';

/** Whoever sets one of these means a bucket on AWS. */
const AWS_CREDENTIALS = [
  'AWS_PROFILE',
  'AWS_ACCESS_KEY_ID',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
] as const;

/**
 * The environment that commands read: what is set, and the local stack's servers in place of what is not, where `npm
 * start` has left its state. So they are the same servers that the functions of the stack talk to.
 *
 * @throws {@link ConfigError} if the local stack's own variables are malformed
 */
export function commandEnvironment(env: Environment): Environment {
  const nothingMissing = !isPostgresEmbedded(env) && !isBucketEmbedded(env);
  if (nothingMissing || AWS_CREDENTIALS.some((name) => env[name])) return env;
  // Looked for before it is read: reading makes what is not there.
  if (!existsSync(path.join(env.PGVOUCH_STATE_DIR || VARIABLES.PGVOUCH_STATE_DIR.default, 'secrets.json'))) return env;
  const config = readLocalConfig(env);
  const others = Object.entries(env).filter(([name]) => !isReadByFunctions(name));
  return { ...Object.fromEntries(others), ...functionEnvironment(env, config, localSecrets(config.stateDir)) };
}
