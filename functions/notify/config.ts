import * as z from 'zod';
import { readDatabases } from '../../layers/backup/databases.ts';
import { type Environment, readEnvironment, type SecretSource, url } from '../../layers/backup/environment.ts';
import { ConfigError } from '../../layers/backup/errors.ts';
import { readVaultConfig, type VaultConfig } from '../../layers/vault/config.ts';
import { readPingSource, readUrlSource } from '../../layers/webhook/config.ts';
import type { LinkConfig } from './links.ts';

/** `text`: `{"text": …}` as Slack and others take it. `json`: the whole failure record, for programs. */
export type WebhookFormat = 'text' | 'json';

export interface NotifyConfig {
  readonly vault: VaultConfig;
  /** Those configured, or none where they are not told. */
  readonly databases: readonly string[];
  /** Where people are told; undefined where nobody asked for it. The URL is a secret: who has it can post. */
  readonly webhook: SecretSource | undefined;
  readonly webhookFormat: WebhookFormat;
  /** The dead-man's switch; a secret too. */
  readonly ping: SecretSource | undefined;
  readonly links: LinkConfig;
}

const format = z.enum(['text', 'json'], 'must be text or json').default('text');

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
    webhookFormat: read.get('BACKUP_WEBHOOK_FORMAT', format),
    ping: readPingSource(read),
    links: Object.freeze({
      statusUrl: read.get('BACKUP_STATUS_URL', url.optional()),
      runbookUrl: read.get('BACKUP_RUNBOOK_URL', url.optional()),
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
