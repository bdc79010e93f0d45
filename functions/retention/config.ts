import * as z from 'zod';
import {
  type Environment,
  type EnvironmentReader,
  readEnvironment,
  wholeNumber,
} from '../../layers/backup/environment.ts';
import { checkPolicy } from '../../layers/backup/retention.ts';
import type { RetentionPolicy } from '../../layers/backup/retention-rules.ts';
import { readVaultConfig, type VaultConfig } from '../../layers/vault/config.ts';
import type { Removal } from './run.ts';

export interface RetentionConfig {
  readonly vault: VaultConfig;
  readonly policy: RetentionPolicy;
  readonly graceDays: number;
  readonly sweepGraceMs: number;
  readonly removal: Removal;
  readonly dryRun: boolean;
}

const HOUR_S = 60 * 60;
/** Where nothing else is said. */
const DEFAULT_DAYS = 30;
const count = wholeNumber(0, 36_500, 0);
const days = wholeNumber(0, 36_500).or(z.undefined());
const flag = z
  .enum(['true', 'false'], 'must be true or false')
  .default('false')
  .transform((value) => value === 'true');
const removal = z.enum(['tag', 'direct'], 'must be tag or direct').default('tag');

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
  const sweepGraceHours = read.get('SWEEP_GRACE_HOURS', wholeNumber(1, 24 * 365, 48));
  const dumpTimeoutS = read.get('DUMP_TIMEOUT', wholeNumber(1, 30 * 24 * HOUR_S, 900));
  // A sweep that is quicker than the longest dump would take a running one's archive for a stale one.
  if (sweepGraceHours * HOUR_S <= dumpTimeoutS) {
    read.problem(
      `SWEEP_GRACE_HOURS (${sweepGraceHours} hours) must be longer than DUMP_TIMEOUT (${dumpTimeoutS} seconds)`,
    );
  }
  const config: RetentionConfig = {
    vault: readVaultConfig(read),
    policy: Object.freeze(readPolicy(read)),
    graceDays: read.get('RETENTION_GRACE_DAYS', wholeNumber(0, 3_650, 7)),
    sweepGraceMs: sweepGraceHours * HOUR_S * 1000,
    removal: read.get('RETENTION_REMOVAL', removal),
    dryRun: read.get('RETENTION_DRY_RUN', flag),
  };
  read.done();
  checkPolicy(config.policy);
  return Object.freeze(config);
}

/** Whoever states what to keep by count states all of it: thirty days are only what nobody said otherwise. */
function readPolicy(read: EnvironmentReader): RetentionPolicy {
  const counts = {
    keepLast: read.get('KEEP_LAST', count),
    keepDaily: read.get('KEEP_DAILY', count),
    keepWeekly: read.get('KEEP_WEEKLY', count),
    keepMonthly: read.get('KEEP_MONTHLY', count),
    keepYearly: read.get('KEEP_YEARLY', count),
  };
  const counted = Object.values(counts).some((value) => value > 0);
  const stated = [read.get('RETENTION_DAYS', days), read.get('KEEP_WITHIN_DAYS', days)].filter((d) => d !== undefined);
  if (stated.length > 1) read.problem('RETENTION_DAYS and KEEP_WITHIN_DAYS are both set and mean the same: keep one');
  return { keepDays: stated[0] ?? (counted ? 0 : DEFAULT_DAYS), ...counts };
}
