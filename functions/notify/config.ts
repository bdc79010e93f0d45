import { ConfigError } from '../../layers/backup/errors.ts';
import type { Channel } from '../../layers/settings/channels.ts';
import { readDatabases } from '../../layers/settings/databases.ts';
import { type Environment, readEnvironment, type SecretSource } from '../../layers/settings/environment.ts';
import { readVaultConfig, type VaultConfig } from '../../layers/vault/config.ts';
import { readPingSource } from '../../layers/webhook/config.ts';
import { readChannels } from './channels/read-channels.ts';
import type { LinkConfig } from './links.ts';

export interface NotifyConfig {
  readonly vault: VaultConfig;
  /** Those configured; none where nobody says which, or where they are found on the server. */
  readonly databases: readonly string[];
  /** Whether they are found there. */
  readonly finds: boolean;
  /** Where messages go; none where nobody asked for them. */
  readonly channels: readonly Channel[];
  /** The dead-man's switch; who has its URL can report a success. */
  readonly ping: SecretSource | undefined;
  readonly links: LinkConfig;
}

/**
 * Reads the variables of the channels, `BACKUP_PING_URL`, `BACKUP_STATUS_URL` and `BACKUP_RUNBOOK_URL`, all optional, and
 * the vault's variables.
 *
 * @throws {@link ConfigError} with every problem at once
 */
export function readNotifyConfig(env: Environment): NotifyConfig {
  const read = readEnvironment(env, 'notify');
  const config: NotifyConfig = {
    vault: Object.freeze(readVaultConfig(read)),
    ...databasesOrNone(env),
    channels: readChannels(read),
    ping: readPingSource(read),
    links: Object.freeze({
      server: read.get('PGVOUCH_SERVER'),
      statusUrl: read.get('BACKUP_STATUS_URL'),
      runbookUrl: read.get('BACKUP_RUNBOOK_URL'),
    }),
  };
  read.done();
  return Object.freeze(config);
}

/** Malformed ones are dump's to refuse, and notify must be able to tell of it: a bad variable must not silence both. */
function databasesOrNone(env: Environment): Pick<NotifyConfig, 'databases' | 'finds'> {
  const read = readEnvironment(env, 'notify');
  try {
    const { names, patterns } = readDatabases(read);
    read.done();
    return { databases: patterns ? [] : names, finds: patterns !== undefined };
  } catch (error) {
    if (error instanceof ConfigError) return { databases: [], finds: false };
    throw error;
  }
}
