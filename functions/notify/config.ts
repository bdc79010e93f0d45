import { readDatabases } from '../../layers/backup/databases.ts';
import {
  type Environment,
  readEnvironment,
  type SecretSource,
  secretSource,
  url,
} from '../../layers/backup/environment.ts';
import { ConfigError } from '../../layers/backup/errors.ts';
import { readVaultConfig, type VaultConfig } from '../../layers/vault/config.ts';

export interface NotifyConfig {
  readonly vault: VaultConfig;
  /** Those configured, or none where they are not told. */
  readonly databases: readonly string[];
  /** Where people are told; undefined where nobody asked for it. The URL is a secret: who has it can post. */
  readonly webhook: SecretSource | undefined;
}

/**
 * Reads `BACKUP_WEBHOOK_URL` or `BACKUP_WEBHOOK_URL_SECRET` (both optional) and the vault's variables.
 *
 * @throws {@link ConfigError} with every problem at once
 */
export function readNotifyConfig(env: Environment): NotifyConfig {
  const read = readEnvironment(env, 'notify');
  const config: NotifyConfig = {
    vault: Object.freeze(readVaultConfig(read)),
    databases: databasesOrNone(env),
    webhook: secretSource(read, 'BACKUP_WEBHOOK_URL'),
  };
  read.get('BACKUP_WEBHOOK_URL', url.optional());
  read.done();
  return Object.freeze(config);
}

/** Malformed ones are dump's to refuse, and notify must be able to tell of it: a bad variable must not silence both. */
function databasesOrNone(env: Environment): readonly string[] {
  const read = readEnvironment(env, 'notify');
  try {
    const databases = readDatabases(read);
    read.done();
    return databases;
  } catch (error) {
    if (error instanceof ConfigError) return [];
    throw error;
  }
}
