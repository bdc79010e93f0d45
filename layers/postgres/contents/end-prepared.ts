import pg from 'pg';
import { connect } from '../connect/connection.ts';
import type { ConnectionTarget } from '../connect/target.ts';

/**
 * Rolls back what was prepared and neither committed nor rolled back, in one database. Of a server that is nobody else's:
 * nobody ends these transactions there, and their locks would be waited for in vain.
 *
 * @see https://www.postgresql.org/docs/current/sql-prepare-transaction.html
 */
export async function endPrepared(target: ConnectionTarget, database: string): Promise<void> {
  const client = await connect(target, database, 'pgvouch drill');
  try {
    const { rows } = await client.query<{ gid: string }>(
      'SELECT gid FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database()',
    );
    for (const { gid } of rows) await client.query(`ROLLBACK PREPARED ${pg.escapeLiteral(gid)}`);
  } finally {
    await client.end();
  }
}
