import type pg from 'pg';
import type { ServerFacts } from './server-facts.ts';
import type { ConnectionTarget } from './target.ts';

/** What tells a server from its clones, beside the system identifier. */
export type Identity = Pick<ServerFacts, 'startedAt' | 'timeline' | 'walPosition'> & { readonly name: string };

/**
 * What tells a server from its clones, beside the system identifier; see `whyAnotherServer` for what is made of it. What
 * the server refuses to say, or does not know, as those that only resemble PostgreSQL, is left out.
 *
 * @param client - within a transaction
 * @param standby - one that only replays says nothing of its history
 */
export async function readIdentity(
  client: pg.Client,
  { serverName, host, port }: Pick<ConnectionTarget, 'serverName' | 'host' | 'port'>,
  standby: boolean,
): Promise<Identity> {
  const started = await ifTold<{ at: string }>(client, STARTED_AT);
  const history = standby ? undefined : await ifTold<{ timeline: number; position: string }>(client, HISTORY);
  return {
    name: serverName ?? `${host}:${port}`,
    ...(started && { startedAt: started.at }),
    ...(history && { timeline: history.timeline, walPosition: history.position }),
  };
}

/** To the microsecond, whatever DateStyle and TimeZone are. */
const STARTED_AT = `
  SELECT to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at`;
/** What is flushed survives a crash. The control file tells the timeline too, but after a promotion only when its checkpoint is done. */
const HISTORY = `
  SELECT ('x' || left(pg_walfile_name(lsn), 8))::bit(32)::int AS timeline, lsn::text AS position
    FROM pg_current_wal_flush_lsn() AS lsn`;

async function ifTold<Row extends pg.QueryResultRow>(client: pg.Client, query: string): Promise<Row | undefined> {
  await client.query('SAVEPOINT identity');
  try {
    const { rows } = await client.query<Row>(query);
    await client.query('RELEASE SAVEPOINT identity');
    return rows[0];
  } catch (error) {
    // Only what the server itself said has a SQLSTATE; a connection that broke is no answer.
    if (!/^[0-9A-Z]{5}$/.test((error as { code?: string }).code ?? '')) throw error;
    await client.query('ROLLBACK TO SAVEPOINT identity');
    return undefined;
  }
}
