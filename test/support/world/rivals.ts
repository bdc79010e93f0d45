import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import type { World } from './world.ts';

/** Other sessions that get in the way of a dump. */
export interface Rivals {
  /** Runs SQL in a session of its own, and returns once it is done or waits for a lock. */
  start(sql: string): Promise<void>;
  /** Waits until all of it is done. @throws if any of it failed */
  done(): Promise<void>;
}

export function rivalsOf({ postgres, database }: World): Rivals {
  const running: Promise<void>[] = [];
  return {
    async start(sql) {
      const client = await connect(postgres.target, database, 'rival');
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      let ended = false;
      const work = client
        .query(sql)
        .then(() => {})
        .finally(async () => {
          ended = true;
          await client.end();
        });
      work.catch(() => {});
      running.push(work);
      while (!ended && !(await waitsForLock(postgres, rows[0]?.pid ?? 0))) await pause(5);
    },
    async done() {
      await Promise.all(running);
    },
  };
}

async function waitsForLock(postgres: World['postgres'], pid: number): Promise<boolean> {
  const rows = await postgres.sql<pg.QueryResultRow>(
    'postgres',
    `SELECT FROM pg_stat_activity WHERE pid = ${pid} AND wait_event_type = 'Lock'`,
  );
  return rows.length > 0;
}
