import { ConfigError } from '../../layers/backup/errors.ts';
import { readDatabases } from '../../layers/settings/databases.ts';
import { type Environment, readEnvironment, type SecretSource } from '../../layers/settings/environment.ts';
import type { ValueOf } from '../../layers/settings/variables.ts';
import { readVaultConfig, type VaultConfig } from '../../layers/vault/config.ts';
import { readPingSource, readUrlSource } from '../../layers/webhook/config.ts';
import type { LinkConfig } from './links.ts';

/** `text`: `{"text": …}` as Slack and others take it. `json`: the whole failure record, for programs. */
export type WebhookFormat = ValueOf<'BACKUP_WEBHOOK_FORMAT'>;

export interface NotifyConfig {
  readonly vault: VaultConfig;
  /** Those configured, or none where they are not told. */
  readonly databases: readonly string[];
  /** Where notifications go; undefined where nobody asked for them. The URL is a secret: who has it can post. */
  readonly webhook: SecretSource | undefined;
  readonly webhookFormat: WebhookFormat;
  /** The dead-man's switch; a secret too. */
  readonly ping: SecretSource | undefined;
  readonly links: LinkConfig;
}

/**
 * Reads `BACKUP_WEBHOOK_URL` and `BACKUP_PING_URL` (or each with `_SECRET`), `BACKUP_WEBHOOK_FORMAT`,
 * `BACKUP_STATUS_URL` and `BACKUP_RUNBOOK_URL`, all optional, and the vault's variables.
 *
 * @throws {@link ConfigError} with every problem at once
 */
export function readNotifyConfig(env: Environment): NotifyConfig {
  const read = readEnvironment(env, 'notify');
  const config: NotifyConfig = {
    vault: Object.freeze(readVaultConfig(read)),
    databases: databasesOrNone(env),
    webhook: readUrlSource(read, 'BACKUP_WEBHOOK_URL'),
    webhookFormat: read.get('BACKUP_WEBHOOK_FORMAT'),
    ping: readPingSource(read),
    links: Object.freeze({
      statusUrl: read.get('BACKUP_STATUS_URL'),
      runbookUrl: read.get('BACKUP_RUNBOOK_URL'),
    }),
  };
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
