import { readPostgresConfig } from '../../../layers/postgres/connect/config.ts';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import { listDatabases } from '../../../layers/postgres/connect/list-databases.ts';
import { readTarget } from '../../../layers/postgres/connect/read-target.ts';
import { readServerFacts } from '../../../layers/postgres/connect/server-facts.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { type Environment, readEnvironment } from '../../../layers/settings/environment.ts';

/** A server that backups are taken of. */
export interface ReachedDatabase {
  /** For the table: what it is and where. */
  readonly description: string;
  /** As the server states it. */
  readonly version: string;
  readonly host: string;
}

/** Connects to each database that is configured by its name, so that a wrong setting shows now and not at 02:00. */
export async function reachDatabase(env: Environment, databases: readonly string[]): Promise<ReachedDatabase> {
  const read = readEnvironment(env, 'the database');
  const config = readPostgresConfig(read);
  read.done();
  const [first = 'postgres'] = databases;
  const targetOf = (database: string) => readTarget(config, Date.now(), { database });
  const target = await targetOf(first);
  let { version } = databases.length === 0 ? await listDatabases(targetOf, []) : { version: '' };
  for (const name of databases) version = await versionOf(target, name);
  const description = `PostgreSQL ${version} at ${target.host}:${target.port} (${target.user}, sslmode ${target.sslMode})`;
  return { description, version, host: target.host };
}

/** As the server states it. */
export async function versionOf(target: ConnectionTarget, database: string): Promise<string> {
  const client = await connect(target, database, 'pgvouch start');
  try {
    return (await readServerFacts(client)).version;
  } finally {
    await client.end();
  }
}
