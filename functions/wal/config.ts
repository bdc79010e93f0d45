import { readPostgresConfig } from '../../layers/postgres/connect/config.ts';
import { readRecipients } from '../../layers/seal/config.ts';
import { type Environment, readEnvironment } from '../../layers/settings/environment.ts';
import { readVaultConfig } from '../../layers/vault/config.ts';

export type WalConfig = ReturnType<typeof readWalConfig>;

/**
 * Reads `PITR_SLOT`, `PITR_DAYS`, `WAL_MODE`, `WAL_PARTIAL_SECONDS`, `REPLICATION_*`, and where server and bucket are.
 *
 * @param byHand - a person makes or drops the slot, before `PITR` is turned on or after it was turned off
 * @throws {@link ConfigError} with every problem at once, or if `PITR` is off
 */
export function readWalConfig(env: Environment, { byHand = false } = {}) {
  const read = readEnvironment(env, 'wal');
  if (read.get('PITR') !== 'on' && !byHand) read.problem('PITR is off: set PITR=on to archive WAL, see docs/pitr.md');
  const config = {
    vault: readVaultConfig(read),
    recipients: readRecipients(read),
    // Its own role; server and encryption are those of the dumps.
    postgres: readPostgresConfig(read, { user: 'REPLICATION_USER', password: 'REPLICATION_PASSWORD' }),
    slot: read.get('PITR_SLOT'),
    windowDays: read.get('PITR_DAYS'),
    mode: read.get('WAL_MODE'),
    partialEveryMs: 1000 * read.get('WAL_PARTIAL_SECONDS'),
  };
  read.done();
  return Object.freeze(config);
}

/** Checks the same, where WAL is archived at all. @throws {@link ConfigError} */
export function checkWalConfig(env: Environment): void {
  const read = readEnvironment(env, 'wal');
  if (read.get('PITR') === 'on') readWalConfig(env);
  else read.done();
}
