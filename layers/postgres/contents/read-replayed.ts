import { connect } from '../connect/connection.ts';
import type { ConnectionTarget } from '../connect/target.ts';

export interface Replayed {
  /** The position after the last record, as PostgreSQL writes it. */
  readonly lsn: string;
  readonly lastCommitAt: Date | undefined;
}

/** How far a server has recovered, or had when it took over. */
export async function readReplayed(target: ConnectionTarget): Promise<Replayed> {
  const client = await connect(target, 'template1', 'pgvouch drill');
  try {
    const { rows } = await client.query<{ lsn: string | null; at: Date | null }>(
      'SELECT pg_last_wal_replay_lsn()::text AS lsn, pg_last_xact_replay_timestamp() AS at',
    );
    return { lsn: rows[0]?.lsn ?? '0/0', lastCommitAt: rows[0]?.at ?? undefined };
  } finally {
    await client.end();
  }
}
