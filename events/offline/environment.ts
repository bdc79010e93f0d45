import { configurationProblems, problemsOf } from '../../functions/configuration.ts';
import { ConfigError } from '../../layers/backup/errors.ts';
import { embeddedScratchFolders } from '../../layers/postgres/places/embedded-installation.ts';
import { ALL_VARIABLES, type Environment } from '../../layers/settings/environment.ts';
import { isReadByFunctions, secretNames, VARIABLES } from '../../layers/settings/variables.ts';
import { isBucketEmbedded, isPostgresEmbedded, type LocalConfig, readLocalConfig } from './config.ts';
import { EMBEDDED_USER } from './servers/database.ts';
import type { LocalSecrets } from './servers/secrets.ts';

/** Variables of the system that the functions get as they are set, beside those that they read; workers inherit nothing. */
const OF_THE_SYSTEM = /^(PATH|HOME|TMPDIR|NODE_EXTRA_CA_CERTS|SSL_CERT_.*)$/;

/** Of another server than the embedded one. */
const OF_ANOTHER = ['PGSERVICEFILE', 'PGPASSFILE', 'PGSSLROOTCERT', 'PGSSLCERT', 'PGSSLKEY'];

/** What the functions know of the local stack. */
export type EmbeddedFacts = Pick<
  LocalConfig,
  'databases' | 'finds' | 'postgresPort' | 'bucketPort' | 'metricsPort' | 'dumpSchedule'
>;

/**
 * The environment of all functions: what was configured, and the embedded servers in place of what was not.
 *
 * @param facts - where the embedded servers are
 */
export function functionEnvironment(
  env: Environment,
  facts: EmbeddedFacts,
  secrets: LocalSecrets,
): Record<string, string> {
  const passed = Object.entries(env).filter(
    ([name, value]) => value !== undefined && value !== '' && (isReadByFunctions(name) || OF_THE_SYSTEM.test(name)),
  );
  const composed: Record<string, string> = {
    ...(Object.fromEntries(passed) as Record<string, string>),
    TZ: 'UTC',
    IS_OFFLINE: 'true',
    AWS_REGION: env.AWS_REGION || VARIABLES.AWS_REGION.default,
    DUMP_SCHEDULE: facts.dumpSchedule,
    BACKUP_STATUS_URL: env.BACKUP_STATUS_URL || `http://127.0.0.1:${facts.metricsPort}/`,
  };
  if (isPostgresEmbedded(env)) {
    for (const name of ['POSTGRES_DB', ...secretNames('POSTGRES_PASSWORD'), ...OF_ANOTHER]) delete composed[name];
    Object.assign(composed, {
      POSTGRES_HOST: '127.0.0.1',
      POSTGRES_PORT: String(facts.postgresPort),
      // Its port may be another one tomorrow.
      POSTGRES_SERVER_NAME: 'embedded',
      POSTGRES_USER: EMBEDDED_USER,
      POSTGRES_PASSWORD: secrets.postgresPassword,
      ...(!facts.finds && { POSTGRES_DBS: JSON.stringify(facts.databases) }),
      PGSSLMODE: 'disable',
    });
  }
  if (isBucketEmbedded(env)) {
    for (const name of ['MINIO_ACCESS_KEY', 'MINIO_SECRET_KEY'].flatMap(secretNames)) delete composed[name];
    Object.assign(composed, {
      MINIO_ENDPOINT: `http://127.0.0.1:${facts.bucketPort}`,
      MINIO_ACCESS_KEY: secrets.bucketAccessKey,
      MINIO_SECRET_KEY: secrets.bucketSecretKey,
    });
  }
  return composed;
}

/** Where drills find their servers, if nothing else is configured: the embedded one, and what is made of Debian packages. */
export function scratchEnvironment(cacheDir: string): Record<string, string> {
  return { SCRATCH_POSTGRES_DIR: embeddedScratchFolders(), SCRATCH_CACHE_DIR: cacheDir };
}

/**
 * Checks the configuration of the stack and of every function, before anything is started.
 *
 * @throws {@link ConfigError} with every problem of all of them in one message
 */
export function checkConfiguration(env: Environment): void {
  let facts: EmbeddedFacts = {
    databases: ['any'],
    finds: false,
    postgresPort: 1,
    bucketPort: 1,
    dumpSchedule: 'rate(1 day)',
    metricsPort: 1,
  };
  const local = problemsOf(() => {
    facts = readLocalConfig(env);
  });
  const secrets = { postgresPassword: 'any', bucketAccessKey: 'any', bucketSecretKey: 'any' };
  const composed = functionEnvironment(env, facts, secrets);
  const problems = new Set([...local, ...configurationProblems(() => composed)]);
  if (problems.size === 0) return;
  throw new ConfigError({
    operation: 'read configuration',
    problem: [...problems].join('; '),
    hint: ALL_VARIABLES,
  });
}
