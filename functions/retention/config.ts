import { checkPolicy } from '../../layers/backup/retention.ts';
import type { RetentionPolicy } from '../../layers/backup/retention-rules.ts';
import { perDatabase } from '../../layers/settings/database-settings.ts';
import { type Environment, type EnvironmentReader, readEnvironment } from '../../layers/settings/environment.ts';
import { readVaultConfig, type VaultConfig } from '../../layers/vault/config.ts';
import type { Removal, RetentionOptions } from './run.ts';

export interface RetentionConfig {
  readonly vault: VaultConfig;
  readonly policy: RetentionPolicy;
  readonly graceDays: number;
  readonly sweepGraceMs: number;
  readonly removal: Removal;
  readonly dryRun: boolean;
}

/**
 * The same, where databases may have rules of their own.
 *
 * @throws {@link ConfigError} and {@link PolicyError} for what is wrong for all; of one database, when it is asked for
 */
export function readRetentionConfigs(env: Environment): RetentionConfig & Required<Pick<RetentionOptions, 'rulesOf'>> {
  return { ...readRetentionConfig(env), rulesOf: perDatabase(env, readRetentionConfig) };
}

const HOUR_S = 60 * 60;
/** Where nothing else is said. */
const DEFAULT_DAYS = 30;

/**
 * Reads `RETENTION_DAYS`, `KEEP_WITHIN_DAYS`, `KEEP_LAST`, `KEEP_DAILY`, `KEEP_WEEKLY`, `KEEP_MONTHLY`, `KEEP_YEARLY`,
 * `RETENTION_GRACE_DAYS`, `RETENTION_REMOVAL`, `RETENTION_DRY_RUN`, `SWEEP_GRACE_HOURS`, `DUMP_TIMEOUT` and the vault's
 * variables.
 *
 * @throws {@link ConfigError} with every problem at once
 * @throws {@link PolicyError} if the policy would keep nothing
 */
export function readRetentionConfig(env: Environment): RetentionConfig {
  const read = readEnvironment(env, 'retention');
  const sweepGraceHours = read.get('SWEEP_GRACE_HOURS');
  const dumpTimeoutS = read.get('DUMP_TIMEOUT');
  // A sweep that is quicker than the longest dump would take a running one's archive for a stale one.
  if (sweepGraceHours * HOUR_S <= dumpTimeoutS) {
    read.problem(
      `SWEEP_GRACE_HOURS (${sweepGraceHours} hours) must be longer than DUMP_TIMEOUT (${dumpTimeoutS} seconds)`,
    );
  }
  const config: RetentionConfig = {
    vault: readVaultConfig(read),
    policy: Object.freeze(readPolicy(read)),
    graceDays: read.get('RETENTION_GRACE_DAYS'),
    sweepGraceMs: sweepGraceHours * HOUR_S * 1000,
    removal: read.get('RETENTION_REMOVAL'),
    dryRun: read.get('RETENTION_DRY_RUN'),
  };
  read.done();
  checkPolicy(config.policy);
  return Object.freeze(config);
}

/** Whoever states what to keep by count states all of it: thirty days are only what nobody said otherwise. */
function readPolicy(read: EnvironmentReader): RetentionPolicy {
  const counts = {
    keepLast: read.get('KEEP_LAST'),
    keepDaily: read.get('KEEP_DAILY'),
    keepWeekly: read.get('KEEP_WEEKLY'),
    keepMonthly: read.get('KEEP_MONTHLY'),
    keepYearly: read.get('KEEP_YEARLY'),
  };
  const counted = Object.values(counts).some((value) => value > 0);
  const stated = [read.get('RETENTION_DAYS'), read.get('KEEP_WITHIN_DAYS')].filter((d) => d !== undefined);
  if (stated.length > 1) read.problem('RETENTION_DAYS and KEEP_WITHIN_DAYS are both set and mean the same: keep one');
  return { keepDays: stated[0] ?? (counted ? 0 : DEFAULT_DAYS), ...counts };
}
