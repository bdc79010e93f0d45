import { isChosen } from '../../layers/backup/database-patterns.ts';
import { examplesBeside } from '../../layers/backup/names-beside.ts';
import { type PostgresConfig, readPostgresConfig } from '../../layers/postgres/connect/config.ts';
import { type Host, readHosts } from '../../layers/postgres/connect/hosts.ts';
import { readService } from '../../layers/postgres/connect/service-file.ts';
import { readClientFolders } from '../../layers/postgres/programs/client-programs.ts';
import { isSchedule } from '../../layers/schedule/expression.ts';
import { readIdentities } from '../../layers/seal/config.ts';
import type { Identities } from '../../layers/seal/identities.ts';
import { type Databases, isToBackUp, readDatabases } from '../../layers/settings/databases.ts';
import { type Environment, type EnvironmentReader, readEnvironment } from '../../layers/settings/environment.ts';
import { type RefreshSettings, readRefreshes } from '../../layers/settings/refreshes.ts';
import { NO_SCHEDULE } from '../../layers/settings/shapes.ts';
import { readVaultConfig, type VaultConfig } from '../../layers/vault/config.ts';

/** A refresh, with all that is needed to log in to its server. */
export interface Refresh extends RefreshSettings {
  readonly postgres: PostgresConfig;
}

export interface RefreshConfig {
  readonly vault: VaultConfig;
  readonly identities: Identities | undefined;
  readonly clientFolders: readonly string[];
  /** At least one. */
  readonly refreshes: readonly Refresh[];
  /** Whether a database of this name is backed up: on that server it is never replaced. */
  readonly isBackedUp: (database: string) => boolean;
}

/**
 * Reads the refreshes, and looks that none is of a database that is itself backed up.
 *
 * @throws {@link ConfigError} with every problem at once, or if there are none
 */
export function readRefreshConfig(env: Environment): RefreshConfig {
  const read = readEnvironment(env, 'refresh');
  const databases = readDatabases(read);
  const hosts = readHosts(read.or(readService(read)));
  const settings = readRefreshes(read);
  if (!read.isSet('REFRESHES')) {
    read.problem('REFRESHES is not set: a pgvouch.yaml says what is refreshed, see docs/refresh.md');
  }
  const refreshes = settings.map((one) => {
    const postgres = readConnection(one, read);
    for (const problem of whyNot(one, databases, hosts)) read.problem(`${problem} ${ofRefresh(one)}`);
    if (one.schedule !== undefined && !isSchedule(one.schedule)) {
      read.problem(`REFRESH_SCHEDULE ${NO_SCHEDULE} ${ofRefresh(one)}`);
    }
    return { ...one, postgres };
  });
  const config = {
    vault: readVaultConfig(read),
    identities: readIdentities(read),
    clientFolders: readClientFolders(read),
    refreshes,
    isBackedUp: (database: string) => isToBackUp(databases, database),
  };
  read.done();
  return Object.freeze(config);
}

/** Checks the same, where there are refreshes at all. @throws {@link ConfigError} */
export function checkRefreshConfig(env: Environment): void {
  if (readEnvironment(env, 'refresh').isSet('REFRESHES')) readRefreshConfig(env);
}

function readConnection(refresh: RefreshSettings, read: EnvironmentReader): PostgresConfig {
  const own = readEnvironment(refresh.connection, 'refresh');
  const postgres = readPostgresConfig(own);
  for (const problem of own.problems) read.problem(`${problem} ${ofRefresh(refresh)}`);
  return postgres;
}

/** Never onto what is backed up; and only from what is. Sentences without their end. */
function whyNot({ from, database, connection }: RefreshSettings, databases: Databases, hosts: readonly Host[]) {
  const known = databases.names.length > 0 || databases.patterns !== undefined;
  const [to] = readHosts(readEnvironment(connection, 'refresh'));
  const isHere = hosts.some(({ host, port }) => host.toLowerCase() === to?.host.toLowerCase() && port === to.port);
  return [
    ...(known && !isToBackUp(databases, from) ? [`REFRESH_FROM is ${from}, which is not backed up`] : []),
    ...(isHere && isToBackUp(databases, database)
      ? [`REFRESH_DATABASE is ${database}, which is backed up from that server: it is never replaced`]
      : []),
    ...(isHere && catchesOurs(databases, database)
      ? [
          `POSTGRES_DBS has patterns that fit ${database}_…: what a refresh makes beside it would be backed up. Leave it out: "!${database}*"`,
        ]
      : []),
  ];
}

/** What is made beside the target, and what is kept of it, has names that begin with its own. */
function catchesOurs({ patterns }: Databases, database: string): boolean {
  return patterns !== undefined && examplesBeside(database).some((one) => isChosen(patterns, one));
}

function ofRefresh({ name }: RefreshSettings): string {
  return `(refresh ${JSON.stringify(name)})`;
}
