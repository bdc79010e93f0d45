import path from 'node:path';
import { readExpression, type ScheduleName } from '../../layers/schedule/config.ts';
import { readDatabases } from '../../layers/settings/databases.ts';
import { type Environment, readEnvironment } from '../../layers/settings/environment.ts';

export type LocalConfig = ReturnType<typeof readLocalConfig>;

/**
 * Reads what only the local stack needs: which parts to bring up, where, and when. What the functions need they read
 * themselves.
 *
 * @throws {@link ConfigError} with every problem at once
 */
export function readLocalConfig(env: Environment) {
  const read = readEnvironment(env, 'the local stack');
  // A bad one is never seen: done() throws.
  const schedule = (name: ScheduleName) => readExpression(read, name) ?? '';
  const embeddedPostgres = isPostgresEmbedded(env);
  const embeddedBucket = isBucketEmbedded(env);
  const named = read.isSet('POSTGRES_DB') || read.isSet('POSTGRES_DBS');
  const stateDir = path.resolve(read.get('PGVOUCH_STATE_DIR'));
  const config = {
    stateDir,
    /** Where downloaded programs are kept: they may be shared by several stacks, unlike the data. */
    cacheDir: path.resolve(read.get('PGVOUCH_CACHE_DIR') ?? stateDir),
    /** Where Debian's packages come from, if not from where the machine's own apt takes them. */
    debianMirror: read.get('DEBIAN_MIRROR'),
    clientDir: read.get('PG_CLIENT_DIR'),
    embeddedPostgres,
    embeddedBucket,
    databases: embeddedPostgres && !named ? [SAMPLE_DATABASE] : readDatabases(read),
    metricsPort: read.get('METRICS_PORT'),
    lambdaPort: read.get('LOCAL_LAMBDA_PORT'),
    /** Where bucket notifications are taken; a bucket server on another machine needs an address that it can reach. */
    notifyHost: read.get('LOCAL_NOTIFY_HOST'),
    notifyPort: read.get('LOCAL_NOTIFY_PORT'),
    postgresPort: read.get('LOCAL_POSTGRES_PORT'),
    bucketPort: read.get('LOCAL_BUCKET_PORT'),
    /** A MinIO webhook target or an SNS-like topic of the configured bucket server. */
    notifyArn: read.get('MINIO_NOTIFY_ARN'),
    dumpSchedule: schedule('DUMP_SCHEDULE'),
    verifySchedule: schedule('VERIFY_SCHEDULE'),
    retentionSchedule: schedule('RETENTION_SCHEDULE'),
    /** How often verify looks by itself where the bucket server cannot call. */
    verifyIntervalS: read.get('LOCAL_VERIFY_INTERVAL'),
    retryDelayMs: 1000 * read.get('LOCAL_RETRY_DELAY'),
    /** For reading, restoring and comparing; off Lambda nothing limits it to 900 s. */
    verifyTimeoutS: read.get('VERIFY_TIMEOUT'),
    dumpTimeoutS: read.get('DUMP_TIMEOUT'),
  };
  read.done();
  return Object.freeze(config);
}

/** Without a server of one's own to back up. */
export function isPostgresEmbedded(env: Environment): boolean {
  return !env.POSTGRES_HOST;
}

/** Without a bucket server of one's own. */
export function isBucketEmbedded(env: Environment): boolean {
  return !env.MINIO_ENDPOINT;
}

export const SAMPLE_DATABASE = 'shop';
