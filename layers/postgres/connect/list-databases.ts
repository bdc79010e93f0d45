import { textOf } from '../../backup/errors.ts';
import type { SeenDatabase } from '../../backup/found-databases.ts';
import { connect } from './connection.ts';
import { serverError } from './server-error.ts';
import { readServerFacts, type ServerFacts } from './server-facts.ts';
import { type Identity, readIdentity } from './server-identity.ts';
import type { ConnectionTarget } from './target.ts';
import { beginReadOnly } from './transaction.ts';

/** A server, and the databases that it has. */
export interface SeenServer {
  readonly server: Pick<ServerFacts, 'systemIdentifier' | 'standby'> & Identity;
  readonly databases: readonly SeenDatabase[];
  /** As the server states it. */
  readonly version: string;
}

/**
 * Asks a server which databases it has. Any role that may log in sees all of them.
 *
 * @param targetOf - the server, for a login to a database
 * @param names - databases that the server should have; asked through one of them if the role cannot log in to `postgres`
 * @throws {@link DumpError} if the server cannot be reached, or lets the role into none of them
 */
export async function listDatabases(
  targetOf: (database: string) => Promise<ConnectionTarget>,
  names: readonly string[],
): Promise<SeenServer> {
  const { client, target } = await connectToAny(targetOf, ['postgres', ...names, 'template1']);
  try {
    await beginReadOnly(client, 'READ COMMITTED', IDLE_MS);
    const { systemIdentifier, standby, version } = await readServerFacts(client);
    const identity = await readIdentity(client, target, standby);
    const { rows } = await client.query<SeenDatabase>(DATABASES);
    await client.query('COMMIT');
    return { server: { systemIdentifier, standby, ...identity }, databases: rows, version };
  } catch (error) {
    throw serverError('list the databases of', `${target.host}:${target.port}`, error);
  } finally {
    await client.end();
  }
}

/**
 * A limit of no connections shuts a database to all but superusers.
 *
 * @see src/include/catalog/pg_database.h, DATCONNLIMIT_INVALID_DB, and CheckMyDatabase in postinit.c
 */
const DATABASES = `
  SELECT datname AS name, datistemplate AS template, datconnlimit = -2 AS invalid,
         datallowconn AND (datconnlimit <> 0 OR pg_catalog.current_setting('is_superuser') = 'on') AS open,
         pg_catalog.has_database_privilege(oid, 'CONNECT') AS connect
    FROM pg_catalog.pg_database ORDER BY datname COLLATE "C"`;

const IDLE_MS = 60_000;

/** The database is not there, takes no connections or no more of them, or does not let the role in: another may do. */
const TRY_ANOTHER: readonly unknown[] = ['3D000', '55000', '42501', '28000', '53300'];

/** @throws what the first said, if none lets the role in */
async function connectToAny(targetOf: (database: string) => Promise<ConnectionTarget>, names: readonly string[]) {
  let refusal: unknown;
  for (const name of new Set(names)) {
    let hasOwnPassword = false;
    try {
      const target = await targetOf(name);
      hasOwnPassword = target.passfile !== undefined && target.password === undefined;
      return { target, client: await connect(target, name, 'pgvouch find') };
    } catch (error) {
      refusal ??= error;
      const { code } = ((error as Error).cause ?? {}) as { code?: string };
      if (!TRY_ANOTHER.includes(code) && !isWithoutPassword(error) && !(hasOwnPassword && code === '28P01')) break;
    }
  }
  throw refusal;
}

/** The server asks for a password and there is none: PGPASSFILE may have a line for another database. */
function isWithoutPassword(error: unknown): boolean {
  return /password must be a/.test(textOf(error));
}
