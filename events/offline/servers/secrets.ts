import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigError, textOf } from '../../../layers/backup/errors.ts';

/** What the embedded servers are opened with: made once, kept with their data. */
export interface LocalSecrets {
  readonly postgresPassword: string;
  readonly bucketAccessKey: string;
  readonly bucketSecretKey: string;
}

/**
 * Reads them from the state folder, or makes them. Only the owner may read the file.
 *
 * @throws {@link ConfigError} if the folder cannot be used
 */
export function localSecrets(stateDir: string): LocalSecrets {
  const file = path.join(stateDir, 'secrets.json');
  try {
    if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as LocalSecrets;
    mkdirSync(stateDir, { recursive: true });
    const random = (bytes: number) => randomBytes(bytes).toString('base64url').replaceAll(/[-_]/g, 'x');
    const secrets = { postgresPassword: random(24), bucketAccessKey: random(15), bucketSecretKey: random(30) };
    writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
    return secrets;
  } catch (error) {
    throw new ConfigError({
      operation: 'use the state folder',
      subject: stateDir,
      problem: textOf(error),
      hint: 'run as the user who owns it, or name another folder with PGVOUCH_STATE_DIR',
      cause: error,
    });
  }
}
