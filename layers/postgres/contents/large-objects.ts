import type pg from 'pg';
import { DumpError } from '../../backup/errors.ts';

/** Large objects, as pg_dump will see them. */
export async function countLargeObjects(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM pg_largeobject_metadata');
  return Number(rows[0]?.count);
}

/**
 * Refuses, before anything is dumped, large objects that pg_dump will not be able to read. They have rights of their own:
 * pg_read_all_data covers them from PostgreSQL 19 on.
 *
 * @param client - in the transaction whose snapshot pg_dump gets
 * @throws {@link DumpError} that names one of them, and what helps
 * @see src/backend/catalog/aclchk.c, pg_largeobject_aclmask_snapshot
 */
export async function refuseUnreadable(client: pg.Client, database: string, versionNumber: number): Promise<void> {
  const { rows } = await client.query<{ oid: string; owner: string; role: string; total: string }>(`
    SELECT oid::text, quote_ident(pg_get_userbyid(lomowner)) AS owner, quote_ident(current_user) AS role,
           count(*) OVER () AS total
      FROM pg_largeobject_metadata l
     WHERE NOT current_setting('lo_compat_privileges')::bool AND NOT ${READABLE(versionNumber)}
     ORDER BY l.oid LIMIT 1`);
  const [first] = rows;
  if (first === undefined) return;
  const { oid, owner, role, total } = first;
  const others = Number(total) - 1;
  throw new DumpError({
    operation: 'dump',
    subject: `"${database}"`,
    problem: `the role ${role} may not read large object ${oid}, which belongs to ${owner}${others > 0 ? `, and ${others} more` : ''}; nothing was dumped`,
    hint: `${UNCOVERED}: GRANT SELECT ON LARGE OBJECT … TO ${role} for each; or ALTER ROLE ${role} SET lo_compat_privileges = on as a superuser, which lets the role read and change all of them; or dump as their owner, or a member of it`,
  });
}

const UNCOVERED = 'pg_read_all_data covers large objects only from PostgreSQL 19 on';

/** `has_largeobject_privilege` came with 18; before, by the rights that are written down, or the default ones. */
const READABLE = (versionNumber: number) =>
  versionNumber >= 180000
    ? `has_largeobject_privilege(l.oid, 'SELECT')`
    : `(current_setting('is_superuser')::bool OR EXISTS (
         SELECT FROM aclexplode(coalesce(l.lomacl, acldefault('L', l.lomowner))) a
          WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE'))))`;
