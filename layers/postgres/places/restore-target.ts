import pg from 'pg';
import { DumpError, textOf } from '../../backup/errors.ts';
import type { Manifest } from '../../backup/manifest.ts';
import { connect } from '../connect/connection.ts';
import { serverError } from '../connect/server-error.ts';
import { isSuperuser, readServerFacts, type ServerFacts } from '../connect/server-facts.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import { type CreateOptions, createDatabaseSql, partSql } from './create-database.ts';

/** What is there where something is to be restored to. */
export interface TargetState {
  readonly server: ServerFacts;
  readonly exists: boolean;
  /** Whether the role may do everything; otherwise some of a backup may have to be left out. */
  readonly superuser: boolean;
  /** What the database holds, at most a few of it, each as `table public.orders`; none if it is empty. */
  readonly holds: readonly string[];
  readonly extensions: readonly OfferedExtension[];
}

/** An extension that a server has the files of. */
export interface OfferedExtension {
  readonly name: string;
  /** The one that is installed in the database, or else that CREATE EXTENSION brings. */
  readonly version: string;
  /** All that there are. */
  readonly versions: readonly string[];
  /** Whether it is installed, and belongs to a role that we are not in. */
  readonly ofOthers: boolean;
}

/** The database that every server has, to connect to while the wanted one is not there. */
export const MAINTENANCE_DATABASE = 'postgres';

/** Looks at a database that is to be restored into, if it is there. */
export async function inspectTarget(target: ConnectionTarget, database: string): Promise<TargetState> {
  const client = await connectIfThere(target, database);
  if (client === undefined) {
    const admin = await connect(target, MAINTENANCE_DATABASE, APPLICATION);
    try {
      return { ...(await serverOf(admin)), exists: false, holds: [] };
    } finally {
      await admin.end();
    }
  }
  try {
    return { ...(await serverOf(client)), exists: true, holds: await holdings(client) };
  } catch (error) {
    throw serverError('inspect', `"${database}"`, error);
  } finally {
    await client.end();
  }
}

/**
 * Makes an empty database with the encoding and locale of the one backed up.
 *
 * @throws {@link DumpError} if the server refuses: it may lack the locale or the tablespace, or the role the right
 */
export async function createDatabase(
  target: ConnectionTarget,
  database: string,
  source: Manifest['source'],
  options: CreateOptions = {},
): Promise<void> {
  const admin = await connect(target, MAINTENANCE_DATABASE, APPLICATION);
  try {
    await admin.query(createDatabaseSql(database, source, options));
  } catch (error) {
    throw new DumpError({
      operation: 'create database',
      subject: `"${database}"`,
      problem: textOf(error),
      hint: /tablespace/.test(textOf(error))
        ? 'use --no-tablespaces to create it without its tablespace'
        : `create it yourself, empty and with encoding ${source.encoding}, and leave out --create: the comparison names what differs`,
      cause: error,
    });
  } finally {
    await admin.end();
  }
}

/** Makes those schemas that are not there: pg_restore brings single tables without theirs. */
export async function ensureSchemas(
  target: ConnectionTarget,
  database: string,
  schemas: readonly string[],
): Promise<void> {
  const client = await connect(target, database, APPLICATION);
  try {
    for (const schema of schemas) {
      // Asked first: making one that exists takes rights that may be lacking.
      const { rowCount } = await client.query('SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1', [schema]);
      if (rowCount === 0) await client.query(`CREATE SCHEMA ${pg.escapeIdentifier(schema)}`);
    }
  } catch (error) {
    throw serverError('create the schemas in', `"${database}"`, error);
  } finally {
    await client.end();
  }
}

/** Runs what an empty database needs before an archive that something was left out of. */
export async function makeReadyForPart(
  target: ConnectionTarget,
  database: string,
  leftOut: Manifest['leftOut'],
): Promise<void> {
  const statements = partSql(leftOut);
  if (statements.length === 0) return;
  const client = await connect(target, database, APPLICATION);
  try {
    await client.query(statements.join(';'));
  } catch (error) {
    throw serverError('prepare', `"${database}"`, error);
  } finally {
    await client.end();
  }
}

const APPLICATION = 'pgvouch restore';

async function serverOf(client: pg.Client): Promise<Pick<TargetState, 'server' | 'superuser' | 'extensions'>> {
  const server = await readServerFacts(client);
  const superuser = await isSuperuser(client);
  const { rows } = await client.query<OfferedExtension>(`
    SELECT e.name, coalesce(e.installed_version, e.default_version) AS version,
           ARRAY(SELECT v.version FROM pg_catalog.pg_available_extension_versions v WHERE v.name = e.name) AS versions,
           EXISTS (SELECT FROM pg_catalog.pg_extension x
                    WHERE x.extname = e.name AND NOT pg_catalog.pg_has_role(x.extowner, 'USAGE')) AS "ofOthers"
      FROM pg_catalog.pg_available_extensions e`);
  return { server, superuser, extensions: rows };
}

async function connectIfThere(target: ConnectionTarget, database: string): Promise<pg.Client | undefined> {
  try {
    return await connect(target, database, APPLICATION);
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    if (cause?.code === '3D000') return undefined;
    throw error;
  }
}

/**
 * Whatever a person may have put there: relations, functions, types and schemas that no extension brought, and large
 * objects. Extensions alone do not count: a server's template may hold some.
 */
async function holdings(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ what: string }>(`
    WITH schemas AS (
      SELECT oid, nspname FROM pg_catalog.pg_namespace
       WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
    ), members AS (
      SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
    ), objects AS (
      SELECT 'pg_class'::regclass::oid AS class, c.oid, c.relnamespace AS namespace, c.relname AS name,
             CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' WHEN 'c' THEN 'type'
                            ELSE 'table' END AS kind
        FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')
      UNION ALL
      SELECT 'pg_proc'::regclass, p.oid, p.pronamespace, p.proname, 'function' FROM pg_catalog.pg_proc p
      UNION ALL
      SELECT 'pg_type'::regclass, t.oid, t.typnamespace, t.typname, 'type' FROM pg_catalog.pg_type t
       WHERE t.typtype IN ('d', 'e', 'r')
    )
    SELECT what FROM (
      SELECT o.kind || ' ' || quote_ident(s.nspname) || '.' || quote_ident(o.name) AS what
        FROM objects o JOIN schemas s ON s.oid = o.namespace
       WHERE NOT EXISTS (SELECT FROM members m WHERE m.classid = o.class AND m.objid = o.oid)
      UNION ALL
      SELECT 'schema ' || quote_ident(s.nspname) FROM schemas s
       WHERE s.nspname <> 'public'
         AND NOT EXISTS (SELECT FROM members m WHERE m.classid = 'pg_namespace'::regclass AND m.objid = s.oid)
      UNION ALL
      SELECT 'large object ' || oid FROM (SELECT oid FROM pg_catalog.pg_largeobject_metadata LIMIT 1) l
    ) held ORDER BY what NOT LIKE 'table %', what LIMIT 4`);
  return rows.map(({ what }) => what);
}
