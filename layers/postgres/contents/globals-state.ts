import { createHash } from 'node:crypto';
import type pg from 'pg';
import { askIfAllowed } from '../connect/ask.ts';

/**
 * What globals are made of, under the transaction's snapshot, as a number of 32 hexadecimal digits: while it stays the
 * same, pg_dumpall of the same version writes the same statements, whichever database it is connected to.
 *
 * @param options - `by` is that version; `rolePasswords` is false where the role may not read pg_authid
 * @returns undefined if the server does not show all of it
 * @see src/bin/pg_dump/pg_dumpall.c, dumpRoles to dumpTablespaces: what it reads
 */
export async function readGlobalsState(
  client: pg.Client,
  { versionNumber, rolePasswords, by }: { versionNumber: number; rolePasswords: boolean; by: string },
): Promise<string | undefined> {
  const rows = await askIfAllowed<{ encoding: string; line: string }>(
    client,
    `SELECT pg_catalog.current_setting('server_encoding') AS encoding, line FROM (
       SELECT 'role ' || r.oid || r::text AS line FROM pg_catalog.${rolePasswords ? 'pg_authid' : 'pg_roles'} r
       UNION ALL SELECT 'member ' || m::text FROM pg_catalog.pg_auth_members m
       UNION ALL SELECT 'setting ' || s::text FROM pg_catalog.pg_db_role_setting s WHERE s.setdatabase = 0
       UNION ALL SELECT 'tablespace ' || t.oid || t::text || pg_catalog.pg_tablespace_location(t.oid)
         FROM pg_catalog.pg_tablespace t
       UNION ALL SELECT 'comment ' || d::text FROM pg_catalog.pg_shdescription d WHERE d.classoid IN (${OF_GLOBALS})
       UNION ALL SELECT 'label ' || l::text FROM pg_catalog.pg_shseclabel l WHERE l.classoid IN (${OF_GLOBALS})
       ${versionNumber >= KNOWS_PARAMETER_ACL ? `UNION ALL SELECT 'parameter ' || p::text FROM pg_catalog.pg_parameter_acl p` : ''}
     ) AS lines`,
  );
  // There are always roles.
  const encoding = rows?.[0]?.encoding;
  if (rows === undefined || encoding === undefined) return undefined;
  const lines = rows.map(({ line }) => line).sort();
  // The bytes of a name are other letters in a database of another encoding.
  const text = JSON.stringify([by, encoding, ...lines]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

const OF_GLOBALS = `'pg_catalog.pg_authid'::pg_catalog.regclass, 'pg_catalog.pg_tablespace'::pg_catalog.regclass`;
const KNOWS_PARAMETER_ACL = 150_000;
