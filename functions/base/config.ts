import { readPostgresConfig } from '../../layers/postgres/connect/config.ts';
import { readRecipients } from '../../layers/seal/config.ts';
import { type Environment, readEnvironment } from '../../layers/settings/environment.ts';
import { readVaultConfig } from '../../layers/vault/config.ts';

export type BaseConfig = ReturnType<typeof readBaseConfig>;

/**
 * Reads `PITR_SLOT`, `PITR_DAYS`, `BASE_TIMEOUT`, `REPLICATION_*`, and where server and bucket are.
 *
 * @param byHand - a person takes one, before `PITR` is turned on
 * @throws {@link ConfigError} with every problem at once, or if `PITR` is off
 */
export function readBaseConfig(env: Environment, { byHand = false } = {}) {
  const read = readEnvironment(env, 'base');
  if (read.get('PITR') !== 'on' && !byHand)
    read.problem('PITR is off: set PITR=on to take base backups, see docs/pitr.md');
  const config = {
    vault: readVaultConfig(read),
    recipients: readRecipients(read),
    // The role of wal; server and encryption are those of the dumps.
    postgres: readPostgresConfig(read, { user: 'REPLICATION_USER', password: 'REPLICATION_PASSWORD' }),
    slot: read.get('PITR_SLOT'),
    windowDays: read.get('PITR_DAYS'),
    timeoutMs: 1000 * read.get('BASE_TIMEOUT'),
  };
  read.done();
  return Object.freeze(config);
}

/** Checks the same, where there is point-in-time recovery at all. @throws {@link ConfigError} */
export function checkBaseConfig(env: Environment): void {
  const read = readEnvironment(env, 'base');
  if (read.get('PITR') === 'on') readBaseConfig(env);
  else read.done();
}
