import path from 'node:path';
import * as z from 'zod';
import { readDatabases } from '../../layers/backup/databases.ts';
import { type Environment, readEnvironment, wholeNumber } from '../../layers/backup/environment.ts';
import { isSchedule } from '../../layers/schedule/expression.ts';

export type LocalConfig = ReturnType<typeof readLocalConfig>;

/**
 * Reads what only the local stack needs: which parts to bring up, where, and when. What the functions need they read
 * themselves.
 *
 * @throws {@link ConfigError} with every problem at once
 */
export function readLocalConfig(env: Environment) {
  const read = readEnvironment(env, 'the local stack');
  const port = (name: string, fallback: number) => read.get(name, wholeNumber(1, 65_535, fallback));
  const optional = (name: string) => read.get(name, z.string().optional());
  const schedule = (name: string, fallback: string) =>
    read.get(name, z.string().default(fallback).refine(isSchedule, NO_SCHEDULE));
  const embeddedPostgres = isPostgresEmbedded(env);
  const embeddedBucket = isBucketEmbedded(env);
  const named = optional('POSTGRES_DB') !== undefined || optional('POSTGRES_DBS') !== undefined;
  const stateDir = path.resolve(read.get('PGVOUCH_STATE_DIR', z.string().default('.pgvouch')));
  const config = {
    stateDir,
    /** Where downloaded programs are kept: they may be shared by several stacks, unlike the data. */
    cacheDir: path.resolve(read.get('PGVOUCH_CACHE_DIR', z.string().default(stateDir))),
    /** Where Debian's packages come from, if not from where the machine's own apt takes them. */
    debianMirror: optional('DEBIAN_MIRROR'),
    clientDir: optional('PG_CLIENT_DIR'),
    embeddedPostgres,
    embeddedBucket,
    databases: embeddedPostgres && !named ? [SAMPLE_DATABASE] : readDatabases(read),
    metricsPort: port('METRICS_PORT', 3000),
    lambdaPort: port('LOCAL_LAMBDA_PORT', 3002),
    /** Where bucket notifications are taken; a bucket server on another machine needs an address that it can reach. */
    notifyHost: read.get('LOCAL_NOTIFY_HOST', z.string().default('127.0.0.1')),
    notifyPort: port('LOCAL_NOTIFY_PORT', 3003),
    postgresPort: port('LOCAL_POSTGRES_PORT', 15_432),
    bucketPort: port('LOCAL_BUCKET_PORT', 9000),
    /** A MinIO webhook target or an SNS-like topic of the configured bucket server. */
    notifyArn: optional('MINIO_NOTIFY_ARN'),
    dumpSchedule: schedule('DUMP_SCHEDULE', 'cron(0 2 * * ? *)'),
    verifySchedule: schedule('VERIFY_SCHEDULE', 'rate(1 hour)'),
    retentionSchedule: schedule('RETENTION_SCHEDULE', 'cron(30 3 * * ? *)'),
    /** How often verify looks by itself where the bucket server cannot call. */
    verifyIntervalS: read.get('LOCAL_VERIFY_INTERVAL', wholeNumber(1, 3600, 60)),
    retryDelayMs: 1000 * read.get('LOCAL_RETRY_DELAY', wholeNumber(0, 3600, 60)),
    /** For reading, restoring and comparing; off Lambda nothing limits it to 900 s. */
    verifyTimeoutS: read.get('VERIFY_TIMEOUT', wholeNumber(10, 7 * 86_400, 6 * 3600)),
    dumpTimeoutS: read.get('DUMP_TIMEOUT', wholeNumber(10, 7 * 86_400, 900)),
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

const NO_SCHEDULE = 'must be cron(…) with six fields, such as cron(0 2 * * ? *), or rate(…), such as rate(1 hour)';

export const SAMPLE_DATABASE = 'shop';
