import { readPostgresConfig } from '../../layers/postgres/connect/config.ts';
import { readClientFolders } from '../../layers/postgres/programs/client-programs.ts';
import { readRecipients } from '../../layers/seal/config.ts';
import type { ReadFor } from '../../layers/settings/database-settings.ts';
import { isToBackUp, readDatabases } from '../../layers/settings/databases.ts';
import { type Environment, readEnvironment } from '../../layers/settings/environment.ts';
import { readSelections } from '../../layers/settings/selections.ts';
import { readVaultConfig } from '../../layers/vault/config.ts';
import { readPingSource, readPingSourceFor } from '../../layers/webhook/config.ts';

export type DumpConfig = ReturnType<typeof readDumpConfig>;

/**
 * @param byHand - a person chose the database: patterns may name others
 * @param database - whose own environment it is, if it is of one
 * @throws {@link ConfigError} with every problem at once
 */
export function readDumpConfig(
  env: Environment,
  { byHand = false, database }: { readonly byHand?: boolean } & ReadFor = {},
) {
  const read = readEnvironment(env, 'dump');
  const chosen = readDatabases(read);
  const { names: databases, patterns } = chosen;
  const isUnknown = databases.length === 0 && patterns === undefined;
  const config = {
    databases,
    /** What else may be found on the server. */
    patterns,
    /** What is left out of a database. */
    selectionOf:
      database === undefined
        ? readSelections(read, databases, (name) => byHand || isUnknown || isToBackUp(chosen, name))
        : readSelections(read, [database]),
    postgres: readPostgresConfig(read),
    vault: readVaultConfig(read),
    recipients: readRecipients(read),
    clientFolders: readClientFolders(read),
    ping: database === undefined ? readPingSourceFor(read, chosen) : readPingSource(read),
    /** A limit of our own, beside what the platform leaves. */
    timeoutMs: 1000 * read.get('DUMP_TIMEOUT'),
    /** What is recorded of each table: its rows' count, or also a fingerprint of what they hold. */
    fingerprints: read.get('FINGERPRINT') === 'content',
    /** Whether amcheck looks at the indexes. */
    checkIndexes: read.get('CHECK_INDEXES') === 'amcheck',
    /** How long globals may be shared; undefined where only one database is dumped at a time. */
    sharedGlobalsMs:
      patterns !== undefined || databases.length > 1 ? 3_600_000 * read.get('SWEEP_GRACE_HOURS') : undefined,
    /** How long a table's lock is waited for, ours and pg_dump's. */
    lockTimeoutMs: 1000 * read.get('DUMP_LOCK_TIMEOUT'),
  };
  read.done();
  return Object.freeze(config);
}

/** What of the configuration a request to dump a database has. */
export function requestOptions(
  { lockTimeoutMs, fingerprints, checkIndexes, sharedGlobalsMs, selectionOf }: DumpConfig,
  database: string,
) {
  return { lockTimeoutMs, fingerprints, checkIndexes, sharedGlobalsMs, selection: selectionOf(database) };
}
