import { connect } from '../../layers/postgres/connect/connection.ts';
import type { ConnectionTarget } from '../../layers/postgres/connect/target.ts';

/**
 * The next transaction id with its epoch, where the role may connect to the database `postgres`: a walsender takes no SQL.
 * Recovery to a transaction is quicker with it, and possible without it.
 */
export async function askNextXid(target: ConnectionTarget): Promise<string | undefined> {
  try {
    const client = await connect(target, 'postgres', 'pgvouch base');
    try {
      const { rows } = await client.query('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xid');
      return rows[0]?.xid;
    } finally {
      await client.end();
    }
  } catch {
    return undefined;
  }
}
