import { configurationProblems, problemsOf } from '../../functions/configuration.ts';
import { ConfigError } from '../../layers/backup/errors.ts';
import { embeddedScratchFolders } from '../../layers/postgres/places/embedded-installation.ts';
import { ALL_VARIABLES, type Environment } from '../../layers/settings/environment.ts';
import { joinProblems, problemsByServer, type ServerEnvironment } from '../../layers/settings/servers.ts';
import { isReadByFunctions, secretNames, VARIABLES } from '../../layers/settings/variables.ts';
import { isBucketEmbedded, isPostgresEmbedded, type LocalConfig, readLocalConfig } from './config.ts';
import { EMBEDDED_USER } from './servers/database.ts';
import { type LocalSecrets, localSecrets } from './servers/secrets.ts';

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

/** A server that the local stack backs up. */
export interface LocalServer {
  /** Undefined for the one that has none. */
  readonly name: string | undefined;
  readonly config: LocalConfig;
  /** Of its functions. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Reads what is configured of each.
 *
 * @param configured - at least one
 * @returns what the embedded servers are opened with, too
 * @throws {@link ConfigError} as {@link readLocalConfig}
 */
export function readLocalServers(configured: readonly ServerEnvironment[]) {
  const read = configured.map(({ name, env }) => ({ name, own: env, config: readLocalConfig(env) }));
  const [{ config }] = read as [(typeof read)[number]];
  const secrets = localSecrets(config.stateDir);
  const servers = read.map(
    ({ own, ...one }): LocalServer => ({ ...one, env: functionEnvironment(own, one.config, secrets) }),
  );
  return { config, secrets, servers };
}

/**
 * Checks the configuration of the stack and of every function of every server, before anything is started.
 *
 * @throws {@link ConfigError} with every problem of all of them in one message
 */
export function checkConfiguration(servers: readonly ServerEnvironment[]): void {
  const problems = problemsByServer(servers, problemsIn);
  if (problems.length === 0) return;
  throw new ConfigError({ operation: 'read configuration', problem: joinProblems(problems), hint: ALL_VARIABLES });
}

function problemsIn(env: Environment): string[] {
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
  return [...local, ...configurationProblems(() => composed)];
}
