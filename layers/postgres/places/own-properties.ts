import type pg from 'pg';
import { textOf } from '../../backup/errors.ts';
import { connect } from '../connect/connection.ts';
import { serverError } from '../connect/server-error.ts';
import { readServerFacts, readSourceFacts, type SourceFacts } from '../connect/server-facts.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import type { PropertyStatement } from './properties-sql.ts';

export interface OwnProperties {
  /** What the server refused to bring; the rest was done. */
  readonly refused: readonly RefusedProperty[];
  /** What the database is then. */
  readonly found: SourceFacts;
}

export interface RefusedProperty {
  /** As in the statement: `setting search_path`. */
  readonly what: string;
  /** The server's words, without the value of a setting. */
  readonly why: string;
}

/**
 * Gives a database its own properties, and reads what it has then: over one connection, since it may let nobody in
 * afterwards.
 *
 * From within it: the names and texts are bytes in the encoding of the database that they are written from.
 *
 * @throws {@link DumpError} if the connection broke or could not be made
 */
export async function bringProperties(
  target: ConnectionTarget,
  database: string,
  statements: readonly PropertyStatement[],
  application: string,
): Promise<OwnProperties> {
  const client = await connect(target, database, application);
  try {
    const refused: RefusedProperty[] = [];
    for (const statement of statements) refused.push(...(await attempt(client, statement)));
    const { versionNumber } = await readServerFacts(client);
    return { refused, found: await readSourceFacts(client, versionNumber) };
  } catch (error) {
    throw serverError('bring back the properties of', `"${database}"`, error);
  } finally {
    await client.end().catch(() => {});
  }
}

async function attempt(client: pg.Client, { what, sql, value = '' }: PropertyStatement): Promise<RefusedProperty[]> {
  try {
    await client.query(sql);
    return [];
  } catch (error) {
    const { code = '' } = error as { code?: string };
    // What ends a session says nothing about the statement.
    if (!/^[0-9A-Z]{5}$/.test(code) || /^(08|57)/.test(code)) throw error;
    const why = value === '' ? textOf(error) : textOf(error).replaceAll(value, '…');
    return [{ what, why }];
  }
}
