import { readScheduleOf } from '../../layers/schedule/config.ts';
import { isSchedule, readSchedule, type Schedule } from '../../layers/schedule/expression.ts';
import { perDatabase } from '../../layers/settings/database-settings.ts';
import { readDatabases } from '../../layers/settings/databases.ts';
import {
  type Environment,
  type EnvironmentReader,
  readEnvironment,
  type SecretSource,
} from '../../layers/settings/environment.ts';
import { readRefreshes } from '../../layers/settings/refreshes.ts';
import { serversIn } from '../../layers/settings/servers.ts';
import { readVaultConfig, type VaultConfig } from '../../layers/vault/config.ts';
import { TOKEN_SHAPE, tokenOf } from './authorization.ts';
import type { PitrSchedules } from './observe/cluster-due.ts';
import type { ShownRefresh } from './observe/refresh-states.ts';

export interface ExporterConfig {
  /** At least one. */
  readonly servers: readonly ShownServerConfig[];
  /** What a scraper must bring; undefined where everybody may look. */
  readonly token: SecretSource | undefined;
}

/** A server whose backups are shown. */
export interface ShownServerConfig {
  /** Undefined for the one that has none. */
  readonly server: string | undefined;
  readonly vault: VaultConfig;
  /** Those that must show, backed up or not. */
  readonly databases: readonly string[];
  /** Whether others are found on the server. */
  readonly finds: boolean;
  /** When a database is dumped, to tell when that is next; undefined where nobody says. */
  readonly scheduleOf: (database: string) => Schedule | undefined;
  /** When base backups and recovery drills are due; undefined if WAL is not to be archived. */
  readonly pitr: PitrSchedules | undefined;
  /** The databases elsewhere that are refreshed from its backups. */
  readonly refreshes: readonly ShownRefresh[];
}

/**
 * Reads `METRICS_TOKEN` or `METRICS_TOKEN_SECRET`, and of each server in `SERVER_SETTINGS`, or of the only one,
 * `POSTGRES_DB` or `POSTGRES_DBS`, `DUMP_SCHEDULE`, `PITR` and its schedules, and the vault's variables.
 *
 * The token may be left out only where the endpoint is not public: on this machine.
 *
 * @throws {@link ConfigError} with every problem at once
 */
export function readExporterConfig(env: Environment): ExporterConfig {
  const read = readEnvironment(env, 'exporter');
  const servers = serversIn(env).map(({ name, env: own }) => {
    const reader = name === undefined ? read : readEnvironment(own, `exporter of server ${name}`);
    const server = readServer(name, own, reader);
    if (reader !== read) for (const problem of reader.problems) read.problem(`server ${name}: ${problem}`);
    return server;
  });
  const config: ExporterConfig = { servers: Object.freeze(servers), token: read.secret('METRICS_TOKEN') };
  if (config.token && 'value' in config.token && tokenOf(config.token.value) === undefined) {
    read.problem(`METRICS_TOKEN ${TOKEN_SHAPE}`);
  }
  const offline = Boolean(env.IS_OFFLINE);
  const onLambda = Boolean(env.AWS_LAMBDA_FUNCTION_NAME);
  // Functions on AWS with a MinIO elsewhere have a public endpoint too.
  const local = offline || (servers.every(({ vault }) => vault.server !== undefined) && !onLambda);
  if (config.token === undefined && !local) {
    read.problem('METRICS_TOKEN or METRICS_TOKEN_SECRET must be set: on AWS the endpoint is public');
  }
  read.done();
  return Object.freeze(config);
}

function readServer(server: string | undefined, env: Environment, read: EnvironmentReader): ShownServerConfig {
  const vault = Object.freeze(readVaultConfig(read));
  const { names: databases, patterns } = readDatabases(read);
  readDumpSchedule(read);
  return Object.freeze({
    ...{ server, vault, databases, finds: patterns !== undefined },
    scheduleOf: perDatabase(env, scheduleIn),
    pitr: read.get('PITR') === 'on' ? readPitrSchedules(read) : undefined,
    refreshes: readRefreshes(read).map(({ name, from, database, schedule, timezone }) => ({
      ...{ name, from, database },
      // A bad one is refresh's to refuse.
      schedule: schedule !== undefined && isSchedule(schedule) ? readSchedule(schedule, name, timezone) : undefined,
    })),
  });
}

function scheduleIn(env: Environment): Schedule | undefined {
  return readDumpSchedule(readEnvironment(env, 'exporter'));
}

function readDumpSchedule(read: EnvironmentReader): Schedule | undefined {
  return read.isSet('DUMP_SCHEDULE') ? readScheduleOf(read, 'DUMP_SCHEDULE') : undefined;
}

/** Of a bad one undefined, which is never seen: done() throws. */
function readPitrSchedules(read: EnvironmentReader): PitrSchedules | undefined {
  const base = readScheduleOf(read, 'BASE_SCHEDULE');
  const baseIncrement = readScheduleOf(read, 'BASE_INCREMENT_SCHEDULE');
  const recovery = readScheduleOf(read, 'RECOVERY_SCHEDULE');
  return base && baseIncrement && recovery && { base, baseIncrement, recovery };
}
