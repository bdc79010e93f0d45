import { readDatabases } from '../../layers/settings/databases.ts';
import { type Environment, readEnvironment } from '../../layers/settings/environment.ts';
import { dumpsConfig, readHostConfig } from '../host/config.ts';

export type LocalConfig = ReturnType<typeof readLocalConfig>;

/**
 * Reads what only the local stack needs: which parts to bring up, where, and when. What the functions need they read
 * themselves.
 *
 * @throws {@link ConfigError} with every problem at once
 */
export function readLocalConfig(env: Environment) {
  const read = readEnvironment(env, 'the local stack');
  const embeddedPostgres = isPostgresEmbedded(env);
  const isNamed = read.isSet('POSTGRES_DB') || read.isSet('POSTGRES_DBS');
  const databases =
    embeddedPostgres && !isNamed ? { names: [SAMPLE_DATABASE], patterns: undefined } : readDatabases(read);
  const config = {
    ...readHostConfig(read),
    embeddedPostgres,
    embeddedBucket: isBucketEmbedded(env),
    ...dumpsConfig(env, databases),
    lambdaPort: read.get('LOCAL_LAMBDA_PORT'),
    postgresPort: read.get('LOCAL_POSTGRES_PORT'),
    bucketPort: read.get('LOCAL_BUCKET_PORT'),
  };
  read.done();
  return Object.freeze(config);
}

/** Without a server of one's own to back up. */
export function isPostgresEmbedded(env: Environment): boolean {
  return !env.POSTGRES_HOST && !env.POSTGRES_URL && !env.PGSERVICE;
}

/** Without a bucket server of one's own. */
export function isBucketEmbedded(env: Environment): boolean {
  return !env.MINIO_ENDPOINT;
}

export const SAMPLE_DATABASE = 'shop';
