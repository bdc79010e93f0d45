import type pg from 'pg';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';

/** Runs SQL in a database of a server. */
export async function sqlOn(target: ConnectionTarget, database: string, text: string): Promise<pg.QueryResultRow[]> {
  const client = await connect(target, database, 'test');
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** Locks the table `item`: as long as the connection lives, a dump of the database waits. */
export async function lockItems(target: ConnectionTarget, database: string): Promise<pg.Client> {
  const client = await connect(target, database, 'test');
  await client.query('BEGIN; LOCK TABLE item IN ACCESS EXCLUSIVE MODE');
  return client;
}

/** How many sessions of a server wait for a lock. */
export async function waitingOn(target: ConnectionTarget): Promise<number> {
  const text = 'SELECT count(DISTINCT pid)::int AS sessions FROM pg_locks WHERE NOT granted';
  const [row] = await sqlOn(target, 'postgres', text);
  return row?.sessions;
}
