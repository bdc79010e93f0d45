import pg from 'pg';
import { DumpError, textOf } from '../../backup/errors.ts';
import type { Manifest } from '../../backup/manifest.ts';
import { connect } from '../connect/connection.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import { createDatabaseSql } from '../places/create-database.ts';
import { MAINTENANCE_DATABASE } from '../places/restore-target.ts';
import { APPLICATION } from './look.ts';

/**
 * Makes an empty database with the encoding and locale of one backed up, that nobody may connect to but the role itself, members
 * of it, and superusers. Until it is marked and closed, nobody at all may.
 *
 * @param mark - its comment
 * @returns its oid
 * @throws {@link DumpError} if the server refuses: it may lack the locale, or the role the right
 */
export async function createClosed(
  target: ConnectionTarget,
  database: string,
  source: Manifest['source'],
  { major, mark }: { readonly major: number; readonly mark: string },
): Promise<number> {
  const client = await connect(target, MAINTENANCE_DATABASE, APPLICATION);
  const name = pg.escapeIdentifier(database);
  try {
    await client.query(`${createDatabaseSql(database, source, { major })} ALLOW_CONNECTIONS false`);
    await client.query(`COMMENT ON DATABASE ${name} IS ${pg.escapeLiteral(mark)}`);
    await client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
    await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    const { rows } = await client.query<{ oid: string }>(
      'SELECT oid::text FROM pg_catalog.pg_database WHERE datname = $1',
      [database],
    );
    return Number(rows[0]?.oid);
  } catch (error) {
    throw new DumpError({
      operation: 'create database',
      subject: `"${database}"`,
      problem: textOf(error),
      hint: `the server must have the encoding and locale of the backup: ${source.encoding}, ${source.collate}`,
      cause: error,
    });
  } finally {
    await client.end();
  }
}

/**
 * Drops databases, with the sessions of our own that a killed run has left in them. What is not there is fine.
 *
 * @throws {@link DumpError} if the server refuses
 */
export async function dropDatabases(target: ConnectionTarget, databases: readonly string[]): Promise<void> {
  if (databases.length === 0) return;
  const client = await connect(target, MAINTENANCE_DATABASE, APPLICATION);
  let current = '';
  try {
    for (const database of databases) {
      current = database;
      await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(database)} WITH (FORCE)`);
    }
  } catch (error) {
    throw new DumpError({
      ...{ operation: 'drop database', subject: `"${current}"`, problem: textOf(error), cause: error },
      hint: 'drop it yourself: it is left of an earlier refresh',
    });
  } finally {
    await client.end().catch(() => {});
  }
}
