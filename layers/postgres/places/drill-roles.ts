import pg from 'pg';
import { connect } from '../connect/connection.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import type { GlobalRoles } from './global-roles.ts';

/**
 * Makes those roles that the server has not, without any right to log in. Where we may not, none are made: then what
 * names one cannot be restored, and is reported.
 *
 * From within the drill's database: names of roles are bytes in the encoding of the database that made them, and another
 * one would read them otherwise. What cannot be said in its encoding its objects cannot belong to.
 *
 * @param withRights - also gives them their attributes and memberships: only on a server that ends with the drill
 * @param made - takes the oids of those that were not there
 */
export async function makeRoles(
  target: ConnectionTarget,
  database: string,
  { roles, grants }: GlobalRoles,
  withRights: boolean,
  made: string[],
): Promise<void> {
  const client = await connect(target, database, 'pgvouch drill');
  const oidOf = async (role: string) => {
    const { rows } = await client.query<{ oid: string }>('SELECT oid::text FROM pg_roles WHERE rolname = $1', [role]);
    return rows[0]?.oid;
  };
  const attempt = async (work: () => Promise<unknown>) => {
    await work().catch((error) => {
      if (!PASSED_OVER.includes((error as { code?: string }).code ?? '')) throw error;
    });
  };
  try {
    for (const role of roles.filter((wanted) => !wanted.name.startsWith('pg_'))) {
      await attempt(async () => {
        if ((await oidOf(role.name)) !== undefined) return;
        const name = pg.escapeIdentifier(role.name);
        const attributes = withRights ? role.attributes.join(' ') : '';
        // Both at once or neither: a role without the mark would stay if we were killed.
        await client.query(`CREATE ROLE ${name} NOLOGIN ${attributes}; COMMENT ON ROLE ${name} IS '${MARK}'`);
        made.push((await oidOf(role.name)) ?? '0');
      });
    }
    for (const grant of withRights ? grants : []) await attempt(() => client.query(grant.sql));
  } finally {
    await client.end();
  }
}

/** The oids of roles that drills made on this server and have not dropped; by their mark, which nobody else makes. */
export async function listMadeRoles(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ oid: string }>(
    `SELECT oid::text FROM pg_catalog.pg_roles
      WHERE pg_catalog.shobj_description(oid, 'pg_authid') = $1 AND NOT rolcanlogin`,
    [MARK],
  );
  return rows.map(({ oid }) => oid);
}

/** By its oid: its name may not be text in the encoding of this database. */
export async function dropRole(client: pg.Client, oid: string): Promise<void> {
  await client.query(`DO $$ DECLARE role name;
    BEGIN SELECT rolname INTO role FROM pg_catalog.pg_roles WHERE oid = ${oid};
      IF FOUND THEN EXECUTE format('DROP ROLE %I', role); END IF; END $$`);
}

/** The comment on every role that a drill makes. */
const MARK = 'made by pgvouch for a drill, and dropped with it';
/** untranslatable_character, character_not_in_repertoire, insufficient_privilege; undefined_object, where a role is lacking. */
const PASSED_OVER = ['22P05', '22021', '42501', '42704'];
