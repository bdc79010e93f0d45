import { readPostgresConfig } from '../../layers/postgres/connect/config.ts';
import { dumpScheduleOf } from '../../layers/schedule/dump-schedules.ts';
import { readDatabases } from '../../layers/settings/databases.ts';
import { type Environment, readEnvironment } from '../../layers/settings/environment.ts';
import { readVaultConfig } from '../../layers/vault/config.ts';

/** @throws {@link ConfigError} with every problem at once, or if `POSTGRES_DBS` has no patterns */
export function readFindConfig(env: Environment) {
  const read = readEnvironment(env, 'find');
  const { patterns } = readDatabases(read);
  const none = { names: [], include: [], exclude: [] };
  if (patterns === undefined) {
    read.problem('POSTGRES_DBS has no patterns, such as *, so that there is nothing to find on the server');
  }
  const config = {
    patterns: patterns ?? none,
    concurrency: read.get('DUMP_CONCURRENCY'),
    /** By which schedule a database is dumped. */
    scheduleOf: (database: string) => dumpScheduleOf(env, database),
    /** The Lambda function to invoke for each; undefined where a host runs this. */
    dumpFunction: read.get('DUMP_FUNCTION'),
    postgres: readPostgresConfig(read),
    vault: readVaultConfig(read),
  };
  read.done();
  return Object.freeze(config);
}

/** Checks the same, where there are patterns at all. @throws {@link ConfigError} */
export function checkFindConfig(env: Environment): void {
  const read = readEnvironment(env, 'find');
  if (readDatabases(read).patterns) readFindConfig(env);
  else read.done();
}
