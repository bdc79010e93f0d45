import { readClientFolders } from '../../layers/postgres/programs/client-programs.ts';
import { checkScratchFolder, readScratchPlace } from '../../layers/scratch/config.ts';
import { readIdentities } from '../../layers/seal/config.ts';
import { type Environment, readEnvironment } from '../../layers/settings/environment.ts';
import { readVaultConfig } from '../../layers/vault/config.ts';

export type RecoveryConfig = ReturnType<typeof readRecoveryConfig>;

/**
 * Reads where the bucket is, where drills find servers and disk, and the names of roles that the cluster has.
 *
 * @param byHand - a person asks for a drill of what is there, whether `PITR` is on or not
 * @throws {@link ConfigError} with every problem at once, or if `PITR` is off
 */
export function readRecoveryConfig(env: Environment, { byHand = false } = {}) {
  const read = readEnvironment(env, 'recovery');
  if (read.get('PITR') !== 'on' && !byHand) read.problem('PITR is off: set PITR=on to archive WAL, see docs/pitr.md');
  const place = readScratchPlace(read);
  if (read.get('DRILL') === 'on') checkScratchFolder(read, place.folder);
  const known = [read.get('POSTGRES_USER'), read.get('REPLICATION_USER')].filter((role) => role !== undefined);
  const config = {
    vault: readVaultConfig(read),
    identities: readIdentities(read),
    // Of them, pg_combinebackup puts increments together.
    clientFolders: readClientFolders(read),
    place: read.get('DRILL') === 'off' ? undefined : place,
    // Most clusters have that one.
    roles: [...new Set([...known, 'postgres'])],
    task: read.get('RECOVERY_TASK'),
  };
  read.done();
  return Object.freeze(config);
}

/** Checks the same, where WAL is archived at all. @throws {@link ConfigError} */
export function checkRecoveryConfig(env: Environment): void {
  const read = readEnvironment(env, 'recovery');
  if (read.get('PITR') === 'on') readRecoveryConfig(env);
  else read.done();
}
