import { readPostgresConfig } from '../../layers/postgres/connect/config.ts';
import { readClientFolders } from '../../layers/postgres/programs/client-programs.ts';
import { readDatabases } from '../../layers/settings/databases.ts';
import { type Environment, readEnvironment } from '../../layers/settings/environment.ts';
import { readSelections } from '../../layers/settings/selections.ts';
import { readVaultConfig } from '../../layers/vault/config.ts';
import { readPingSourceFor } from '../../layers/webhook/config.ts';

export type DumpConfig = ReturnType<typeof readDumpConfig>;

/**
 * @param byHand - a person chose the database: patterns may name others
 * @throws {@link ConfigError} with every problem at once
 */
export function readDumpConfig(env: Environment, { byHand = false } = {}) {
  const read = readEnvironment(env, 'dump');
  const databases = readDatabases(read);
  const config = {
    databases,
    /** What is left out, by database. */
    selections: readSelections(read, databases, byHand || databases.length === 0 ? undefined : databases),
    postgres: readPostgresConfig(read),
    vault: readVaultConfig(read),
    clientFolders: readClientFolders(read),
    ping: readPingSourceFor(read, databases),
    /** A limit of our own, beside what the platform leaves. */
    timeoutMs: 1000 * read.get('DUMP_TIMEOUT'),
    /** What is recorded of each table: its rows' count, or also a fingerprint of what they hold. */
    fingerprints: read.get('FINGERPRINT') === 'content',
    /** Whether amcheck looks at the indexes. */
    checkIndexes: read.get('CHECK_INDEXES') === 'amcheck',
    /** How long a table's lock is waited for, ours and pg_dump's. */
    lockTimeoutMs: 1000 * read.get('DUMP_LOCK_TIMEOUT'),
  };
  read.done();
  return Object.freeze(config);
}

/** What of the configuration a request to dump a database has. */
export function requestOptions(
  { lockTimeoutMs, fingerprints, checkIndexes, selections }: DumpConfig,
  database: string,
) {
  return { lockTimeoutMs, fingerprints, checkIndexes, selection: selections.get(database) ?? [] };
}
