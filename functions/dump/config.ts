import * as z from 'zod';
import { readDatabases } from '../../layers/backup/databases.ts';
import { type Environment, readEnvironment, wholeNumber } from '../../layers/backup/environment.ts';
import { readPostgresConfig } from '../../layers/postgres/connect/config.ts';
import { readClientFolders } from '../../layers/postgres/programs/client-programs.ts';
import { readVaultConfig } from '../../layers/vault/config.ts';
import { readPingSourceFor } from '../../layers/webhook/config.ts';

const fingerprint = z.enum(['counts', 'content'], 'must be counts or content').default('counts');

export type DumpConfig = ReturnType<typeof readDumpConfig>;

/** @throws {@link ConfigError} with every problem at once */
export function readDumpConfig(env: Environment) {
  const read = readEnvironment(env, 'dump');
  const databases = readDatabases(read);
  const config = {
    databases,
    postgres: readPostgresConfig(read),
    vault: readVaultConfig(read),
    clientFolders: readClientFolders(read),
    ping: readPingSourceFor(read, databases),
    /** A limit of our own, beside what the platform leaves. */
    timeoutMs: 1000 * read.get('DUMP_TIMEOUT', wholeNumber(10, 7 * 86_400, 900)),
    /** What is recorded of each table: its rows' count, or also a fingerprint of what they hold. */
    fingerprints: read.get('FINGERPRINT', fingerprint) === 'content',
    /** How long a table's lock is waited for, ours and pg_dump's. */
    lockTimeoutMs: 1000 * read.get('DUMP_LOCK_TIMEOUT', wholeNumber(1, 86_400, 300)),
  };
  read.done();
  return Object.freeze(config);
}
