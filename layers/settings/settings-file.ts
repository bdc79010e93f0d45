import { readFileSync } from 'node:fs';
import { ConfigError, textOf } from '../backup/errors.ts';
import type { Environment } from './environment.ts';

/**
 * The environment of a function, with the variables of the file that a deployment has put beside its code: Lambda allows
 * 4 kB for all variables together. What is set itself holds in the place of what the file says.
 *
 * @throws {@link ConfigError} if the file cannot be read
 */
export function withSettingsFile(env: Environment): Environment {
  const file = env.PGVOUCH_SETTINGS_FILE;
  return file ? { ...read(file), ...env } : env;
}

function read(file: string): Environment {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new ConfigError({
      ...{ operation: 'read settings', subject: file, problem: textOf(cause), cause },
      hint: 'PGVOUCH_SETTINGS_FILE names the file that packaging has put beside the function: deploy it again',
    });
  }
}
