import * as z from 'zod';
import { readDatabases } from '../../layers/backup/databases.ts';
import { type Environment, readEnvironment, type SecretSource, secretSource } from '../../layers/backup/environment.ts';
import { isSchedule, readSchedule, type Schedule } from '../../layers/schedule/expression.ts';
import { readVaultConfig, type VaultConfig } from '../../layers/vault/config.ts';
import { TOKEN_SHAPE, tokenOf } from './authorization.ts';

export interface ExporterConfig {
  readonly vault: VaultConfig;
  /** Those that must show, backed up or not. */
  readonly databases: readonly string[];
  /** What a scraper must bring; undefined where everybody may look. */
  readonly token: SecretSource | undefined;
  /** When dump fires, to tell when it does next; undefined where nobody says. */
  readonly dumpSchedule: Schedule | undefined;
}

/**
 * Reads `METRICS_TOKEN` or `METRICS_TOKEN_SECRET`, `POSTGRES_DB` or `POSTGRES_DBS`, `DUMP_SCHEDULE`, and the vault's
 * variables.
 *
 * The token may be left out only where the endpoint is not public: on this machine.
 *
 * @throws {@link ConfigError} with every problem at once
 */
export function readExporterConfig(env: Environment): ExporterConfig {
  const read = readEnvironment(env, 'exporter');
  const config: ExporterConfig = {
    vault: Object.freeze(readVaultConfig(read)),
    databases: readDatabases(read),
    token: secretSource(read, 'METRICS_TOKEN'),
    dumpSchedule: read.get('DUMP_SCHEDULE', schedule.optional()),
  };
  if (config.token && 'value' in config.token && tokenOf(config.token.value) === undefined) {
    read.problem(`METRICS_TOKEN ${TOKEN_SHAPE}`);
  }
  const offline = read.get('IS_OFFLINE', z.string().optional()) !== undefined;
  const onLambda = read.get('AWS_LAMBDA_FUNCTION_NAME', z.string().optional()) !== undefined;
  // Functions on AWS with a MinIO elsewhere have a public endpoint too.
  const local = offline || (config.vault.server !== undefined && !onLambda);
  if (config.token === undefined && !local) {
    read.problem('METRICS_TOKEN or METRICS_TOKEN_SECRET must be set: on AWS the endpoint is public');
  }
  read.done();
  return Object.freeze(config);
}

const schedule = z
  .string()
  .refine(isSchedule, 'must be cron(…) with six fields, or rate(…)')
  .transform((expression) => readSchedule(expression, 'DUMP_SCHEDULE'));
