import path from 'node:path';
import { readExpression, type ScheduleName } from '../../layers/schedule/config.ts';
import { dumpGroups, dumpScheduleOf } from '../../layers/schedule/dump-schedules.ts';
import type { Databases } from '../../layers/settings/databases.ts';
import type { Environment, EnvironmentReader } from '../../layers/settings/environment.ts';
import { FUNCTIONS } from '../../layers/settings/functions.ts';
import { readRefreshes } from '../../layers/settings/refreshes.ts';

export type HostConfig = ReturnType<typeof readHostConfig>;

/** What is dumped when, by the databases that are chosen. */
export function dumpsConfig(env: Environment, databases: Databases) {
  return {
    ...{ databases: databases.names, finds: databases.patterns !== undefined },
    dumps: dumpGroups(env, databases),
    scheduleOf: (database: string) => dumpScheduleOf(env, database),
  };
}

/** Reads what a host of the functions needs, be it the local stack or the service: when, where, and for how long. */
export function readHostConfig(read: EnvironmentReader) {
  // A bad one is never seen: done() throws.
  const schedule = (name: ScheduleName) => readExpression(read, name) ?? '';
  const refreshes = readRefreshes(read);
  const stateDir = path.resolve(read.get('PGVOUCH_STATE_DIR'));
  return {
    stateDir,
    /** Where downloaded programs are kept: they may be shared by several hosts, unlike the data. */
    cacheDir: path.resolve(read.get('PGVOUCH_CACHE_DIR') ?? stateDir),
    /** Where Debian's packages come from, if not from where the machine's own apt takes them. */
    debianMirror: read.get('DEBIAN_MIRROR'),
    clientDir: read.get('PG_CLIENT_DIR'),
    metricsPort: read.get('METRICS_PORT'),
    /** Where bucket notifications are taken; a bucket server on another machine needs an address that it can reach. */
    notifyHost: read.get('LOCAL_NOTIFY_HOST'),
    notifyPort: read.get('LOCAL_NOTIFY_PORT'),
    /** A MinIO webhook target or an SNS-like topic of the configured bucket server. */
    notifyArn: read.get('MINIO_NOTIFY_ARN'),
    /** Of whatever has no other. */
    dumpSchedule: schedule('DUMP_SCHEDULE'),
    verifySchedule: schedule('VERIFY_SCHEDULE'),
    retentionSchedule: schedule('RETENTION_SCHEDULE'),
    // Undefined where there is no point-in-time recovery.
    walSchedule: read.get('PITR') === 'on' ? schedule('WAL_SCHEDULE') : undefined,
    walFollows: read.get('WAL_MODE') === 'follow',
    baseSchedule: read.get('PITR') === 'on' ? schedule('BASE_SCHEDULE') : undefined,
    baseIncrementSchedule: read.get('PITR') === 'on' ? schedule('BASE_INCREMENT_SCHEDULE') : undefined,
    recoverySchedule: read.get('PITR') === 'on' ? schedule('RECOVERY_SCHEDULE') : undefined,
    /** How often verify looks by itself where the bucket server cannot call. */
    verifyIntervalS: read.get('LOCAL_VERIFY_INTERVAL'),
    retryDelayMs: 1000 * read.get('LOCAL_RETRY_DELAY'),
    /** For reading, restoring and comparing; off Lambda nothing limits it to 900 s. */
    verifyTimeoutS: read.get('VERIFY_TIMEOUT'),
    recoveryTimeoutS: read.get('RECOVERY_TIMEOUT'),
    dumpTimeoutS: read.get('DUMP_TIMEOUT'),
    /** How many dumps run at once. */
    dumpConcurrency: read.get('DUMP_CONCURRENCY'),
    baseTimeoutS: read.get('BASE_TIMEOUT'),
    /** Those that have a schedule. */
    refreshes: refreshes.flatMap(({ name, schedule: one, timezone }) =>
      one === undefined ? [] : [{ name, schedule: one, timezone }],
    ),
    /** Each has a limit of its own below this. */
    refreshTimeoutS: Math.max(FUNCTIONS.refresh.timeoutS, ...refreshes.map(({ timeoutS }) => timeoutS)),
  };
}
