import type pg from 'pg';
import { relationName } from '../../backup/comparison.ts';

/**
 * The partitions whose rows come back in other partitions than they came from, each with the table that holds all of
 * them: the topmost one above it that is hash-partitioned by an enum. An enum's hash is that of its labels' oids, which
 * are new in a restored database, so pg_dump loads such tables through their root.
 *
 * @returns by {@link relationName}, both
 * @see src/bin/pg_dump/pg_dump.c, getPartitioningInfo and forcePartitionRootLoad; release notes of 15.3
 */
export async function listEnumHashed(client: pg.Client): Promise<Map<string, string>> {
  const { rows } = await client.query<Record<'schema' | 'name' | 'rootSchema' | 'rootName', string>>(`
    WITH RECURSIVE hashed AS (
      SELECT partrelid AS root FROM pg_catalog.pg_partitioned_table
       WHERE (SELECT c.oid FROM pg_catalog.pg_opclass c JOIN pg_catalog.pg_am a ON a.oid = c.opcmethod
               WHERE c.opcname = 'enum_ops' AND c.opcnamespace = 'pg_catalog'::pg_catalog.regnamespace
                 AND a.amname = 'hash') = ANY (partclass)
    ), below AS (
      SELECT root, inhrelid AS member FROM hashed JOIN pg_catalog.pg_inherits ON inhparent = root
      UNION ALL
      SELECT root, inhrelid FROM below JOIN pg_catalog.pg_inherits ON inhparent = member
    )
    SELECT n.nspname AS schema, c.relname AS name, rn.nspname AS "rootSchema", r.relname AS "rootName"
      FROM below
      JOIN pg_catalog.pg_class c ON c.oid = member JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_class r ON r.oid = root JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
     WHERE c.relkind = 'r' AND root NOT IN (SELECT member FROM below)`);
  return new Map(
    rows.map(({ rootSchema, rootName, ...leaf }) => [
      relationName(leaf),
      relationName({ schema: rootSchema, name: rootName }),
    ]),
  );
}
