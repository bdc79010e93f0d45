import pg from 'pg';
import { connect } from '../connect/connection.ts';
import type { ConnectionTarget } from '../connect/target.ts';

/** What can be made in another way than the archive says, and still be what it was, or nearly. */
export interface Repaired {
  /** The archive's entry that need not be tried again. */
  readonly id: number;
  /** What is not as it was, and why; undefined if nothing that matters. */
  readonly less: { readonly what: string; readonly why: string } | undefined;
}

interface Refused {
  readonly entry: { readonly id: number; readonly what: string } | undefined;
  readonly command: string | undefined;
}

/**
 * Makes what the server refused after all, where that is known to help: a function without LEAKPROOF, which only a
 * superuser may set and which changes no result; a constraint whose name PostgreSQL 18 has given to a NOT NULL, which
 * older servers did not name.
 *
 * @returns what was made
 */
export async function repairRefused(
  target: ConnectionTarget,
  database: string,
  refused: readonly Refused[],
): Promise<Repaired[]> {
  const repaired: Repaired[] = [];
  const client = await connect(target, database, 'pgvouch restore');
  try {
    // As pg_restore does.
    await client.query(`SET check_function_bodies = off; SELECT pg_catalog.set_config('search_path', '', false)`);
    for (const { entry, command = '' } of refused) {
      const why = entry && (await repairOne(client, command).catch(() => undefined));
      if (entry === undefined || why === undefined) continue;
      repaired.push({ id: entry.id, less: why === '' ? undefined : { what: entry.what, why } });
    }
    return repaired;
  } finally {
    await client.end();
  }
}

/** @returns what is not as it was, perhaps nothing; undefined if there was nothing to be done */
async function repairOne(client: pg.Client, command: string): Promise<string | undefined> {
  const leakproof = /^CREATE (OR REPLACE )?FUNCTION /.test(command) && LEAKPROOF.test(command);
  if (leakproof) {
    await client.query(command.replace(LEAKPROOF, '$1'));
    return 'made without LEAKPROOF, which only a superuser may set';
  }
  const [, table, quoted] = ADD_CONSTRAINT.exec(command) ?? [];
  if (table === undefined || quoted === undefined) return undefined;
  const name = quoted.startsWith('"') ? quoted.slice(1, -1).replaceAll('""', '"') : quoted;
  const free = pg.escapeIdentifier(`${name.slice(0, 50)}_18`);
  const { rowCount } = await client.query(
    `SELECT FROM pg_catalog.pg_constraint WHERE conrelid = $1::pg_catalog.regclass AND conname = $2 AND contype = 'n'`,
    [table, name],
  );
  if (rowCount === 0) return undefined;
  await client.query(`BEGIN; ALTER TABLE ${table} RENAME CONSTRAINT ${quoted} TO ${free}; ${command}; COMMIT`);
  return '';
}

/** @see src/bin/pg_dump/pg_dump.c, dumpFunc: the options stand in one line, before SET and AS */
const LEAKPROOF = /^( {4}LANGUAGE [^\n]*?) LEAKPROOF\b/m;
const NAME = '(?:"(?:[^"]|"")+"|[^\\s".]+)';
const ADD_CONSTRAINT = new RegExp(`^ALTER TABLE (?:ONLY )?(${NAME}\\.${NAME})\\s+ADD CONSTRAINT (${NAME}) `);
