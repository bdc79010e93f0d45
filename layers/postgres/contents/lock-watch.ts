import type pg from 'pg';
import type { ConnectionTarget } from '../connect/target.ts';
import { watch } from './watch.ts';

/** One session that holds what a restore waits for. */
export interface LockHolder {
  /** 0 for a prepared transaction, which no session holds. */
  readonly pid: number;
  readonly user: string | null;
  readonly application: string | null;
  /** `idle in transaction`; null where our role may not see it. */
  readonly state: string | null;
  /** Since its query began, the last one if it is idle. */
  readonly queryMs: number | null;
  readonly transactionMs: number | null;
}

export interface LockWait {
  /** `public.orders`, or the kind of lock where it is not a relation's. */
  readonly what: string;
  /** `AccessExclusiveLock` */
  readonly mode: string;
  readonly waitedMs: number;
  readonly holders: readonly LockHolder[];
}

const EVERY_MS = 2_000;
/** Shorter waits are nobody's business. */
const FIRST_MS = 5_000;
const AGAIN_MS = 30_000;

/**
 * Tells now and then what the sessions of a restore wait for, and who holds it: first after some seconds, then twice a
 * minute. If the server does not answer, nothing is reported.
 *
 * @param application - the name of the sessions that may wait
 * @returns ends it
 * @see https://www.postgresql.org/docs/current/functions-info.html, pg_blocking_pids
 */
export function watchLocks(
  target: ConnectionTarget,
  database: string,
  application: string,
  onWait: (wait: LockWait) => void,
): () => Promise<void> {
  let tellAt = FIRST_MS;
  const ask = (client: pg.Client) => readWait(client, application);
  return watch(target, database, EVERY_MS, ask, (wait) => {
    if (wait === undefined) tellAt = FIRST_MS;
    else if (wait.waitedMs >= tellAt) {
      tellAt = wait.waitedMs + AGAIN_MS;
      onWait(wait);
    }
  });
}

interface Row {
  readonly what: string;
  readonly mode: string;
  readonly waited: string;
  readonly holders: LockHolder[];
}

/** The longest wait of all our sessions, if any waits for somebody else. */
async function readWait(client: pg.Client, application: string): Promise<LockWait | undefined> {
  const { rows } = await client.query<Row>(
    `SELECT coalesce(l.relation::regclass::text, l.locktype) AS what, l.mode,
            ${ms('w.query_start')} AS waited,
            json_agg(json_build_object(
              'pid', blocking.pid, 'user', b.usename, 'application', b.application_name, 'state', b.state,
              'queryMs', ${ms('b.query_start')}, 'transactionMs', ${ms('b.xact_start')})) AS holders
       FROM pg_stat_activity w
       JOIN pg_locks l ON l.pid = w.pid AND NOT l.granted
      CROSS JOIN LATERAL (SELECT DISTINCT unnest(pg_blocking_pids(w.pid)) AS pid) blocking
       LEFT JOIN pg_stat_activity b ON b.pid = blocking.pid
      WHERE w.application_name = $1 AND b.application_name IS DISTINCT FROM $1
      GROUP BY l.relation, l.locktype, l.mode, w.query_start ORDER BY w.query_start LIMIT 1`,
    [application],
  );
  const [row] = rows;
  return row && { what: row.what, mode: row.mode, waitedMs: Number(row.waited), holders: row.holders };
}

function ms(since: string): string {
  return `floor(1000 * extract(epoch FROM clock_timestamp() - ${since}))::bigint`;
}
