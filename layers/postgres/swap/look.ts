import type { DatabaseProperties } from '../../backup/database-properties.ts';
import type { Purpose } from '../../backup/names-beside.ts';
import { connect } from '../connect/connection.ts';
import { readDatabaseProperties } from '../connect/database-properties.ts';
import { serverError } from '../connect/server-error.ts';
import { isSuperuser, readServerFacts, type ServerFacts } from '../connect/server-facts.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import { MAINTENANCE_DATABASE } from '../places/restore-target.ts';
import { purposeOfOwn } from './mark.ts';

/** A server where one database is to take another's place. */
export interface SwapState {
  readonly server: ServerFacts;
  readonly role: {
    readonly name: string;
    /** Whether it may make databases, which renaming takes, too. */
    readonly mayCreate: boolean;
  };
  /** The database that is replaced; undefined if there is none. */
  readonly current: CurrentDatabase | undefined;
  /** What earlier refreshes of that name made and left. */
  readonly left: readonly { readonly name: string; readonly purpose: Purpose }[];
}

export interface CurrentDatabase {
  readonly oid: number;
  /** Whether the role has the rights of its owner. */
  readonly mayRename: boolean;
  readonly properties: DatabaseProperties;
}

export const APPLICATION = 'pgvouch refresh';

/**
 * Looks at a database that is to be replaced, and at its server. Nothing is changed.
 *
 * @param refresh - whose leftovers are looked for
 */
export async function lookForSwap(target: ConnectionTarget, database: string, refresh: string): Promise<SwapState> {
  const client = await connect(target, MAINTENANCE_DATABASE, APPLICATION);
  try {
    const server = await readServerFacts(client);
    const superuser = await isSuperuser(client);
    const { rows: roles } = await client.query<{ name: string; mayCreate: boolean }>(
      'SELECT rolname AS name, rolcreatedb AS "mayCreate" FROM pg_catalog.pg_roles WHERE rolname = current_user',
    );
    const [role] = roles;
    if (role === undefined) throw new Error('the current role is always in pg_roles');
    const { rows } = await client.query<{ name: string; oid: string; comment: string | null; mayRename: boolean }>(`
      SELECT datname AS name, oid::text, pg_catalog.shobj_description(oid, 'pg_database') AS comment,
             pg_catalog.pg_has_role(datdba, 'USAGE') AS "mayRename"
        FROM pg_catalog.pg_database ORDER BY datname`);
    const found = rows.find(({ name }) => name === database);
    return {
      server,
      role: { name: role.name, mayCreate: role.mayCreate || superuser },
      current: found && {
        oid: Number(found.oid),
        mayRename: found.mayRename,
        properties: await readDatabaseProperties(client, database),
      },
      left: rows.flatMap(({ name, comment }) => {
        const purpose = purposeOfOwn(refresh, database, { name, comment });
        return purpose === undefined ? [] : [{ name, purpose }];
      }),
    };
  } catch (error) {
    throw serverError('look at the databases of', `${target.host}:${target.port}`, error);
  } finally {
    await client.end();
  }
}
