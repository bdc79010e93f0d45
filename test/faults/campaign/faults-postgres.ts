import { readdirSync, readFileSync } from 'node:fs';
import { connect } from '../../../layers/postgres/connect/connection.ts';
import { kill, killIfThere } from '../../support/servers/processes.ts';
import { rivalsOf } from '../../support/world/rivals.ts';
import { shorteningDeadline } from '../../support/world/shortening-deadline.ts';
import type { Fault, Lane, Point, Strike } from './fault.ts';
import type { Line } from './line.ts';
import { dumpStruckAt, isMoment, MOMENTS, type Moment } from './moments.ts';
import type { Place } from './place.ts';
import { anywhere } from './points.ts';

/** Something done to the server, or to our sessions in it, when the dump reaches a moment. */
function atMoments(
  name: string,
  shortPoints: readonly Moment[],
  act: (place: Place) => Promise<unknown>,
  points: readonly Moment[] = MOMENTS,
): Fault {
  return {
    name,
    points,
    shortPoints,
    inject: (place, point) => dumpStruckAt(place, momentOf(point), { act: () => act(place) }),
  };
}

/** The connections to the server break when a share of all that a dump sends and receives has passed, and time is short. */
function atBytes(name: string, seed: number, breakLine: (line: Line) => void, short = 1): Fault {
  return {
    name,
    points: anywhere(seed, 16),
    shortPoints: anywhere(seed, short),
    async inject(place, point) {
      const { clean, postgresLine } = place;
      const { deadline, shorten } = shorteningDeadline();
      let struck = false;
      postgresLine.at(clean.postgresBytes * Number(point), () => {
        struck = true;
        breakLine(postgresLine);
        shorten();
      });
      const target = { port: postgresLine.port, connectTimeoutMs: 3_000 };
      return { runs: [await place.dump({ target, deadline })], struck };
    },
  };
}

/** DDL of another session, which may have to wait for the dump, as the dump may have to for it. */
function raced(name: string, shortPoints: readonly Moment[], ddl: string): Fault {
  return {
    name,
    points: MOMENTS,
    shortPoints,
    async inject(place, point) {
      const rivals = rivalsOf(place.here);
      const strike = await dumpStruckAt(place, momentOf(point), {
        act: () => rivals.start(ddl),
        dump: { lockTimeoutMs: 1_000 },
      });
      await rivals.done();
      await place.here.sql(`
        DROP TABLE IF EXISTS newcomer, passing; CREATE TABLE passing AS SELECT generate_series(1, 50) AS id`);
      return strike;
    },
  };
}

/** A lock that no dump gets past, let go at a moment, or never while the dump lasts. */
const lockHeld: Fault = {
  name: 'lock held by DDL',
  points: ['throughout', 'until it is waited for', 'listed', 'locked'],
  shortPoints: [],
  async inject(place, point) {
    const { here, postgres } = place;
    const other = await connect(postgres.target, here.database, 'rival');
    const hold = () => other.query('BEGIN; LOCK TABLE passing IN ACCESS EXCLUSIVE MODE').then(() => {});
    try {
      if (point === 'listed' || point === 'locked') {
        // Behind the dump's own lock this waits: it is let go when the dump gives up or is done.
        const holding: Promise<unknown>[] = [];
        const strike = await dumpStruckAt(place, point, {
          act: () => void holding.push(hold()),
          dump: { lockTimeoutMs: 1_000, deadlineMs: 20_000 },
        });
        await Promise.all(holding);
        return strike;
      }
      await hold();
      const running = place.dump({ lockTimeoutMs: point === 'throughout' ? 500 : 60_000 });
      if (point !== 'throughout') await waitsForLock(place);
      if (point !== 'throughout') await other.query('ROLLBACK');
      return { runs: [await running], struck: true };
    } finally {
      await other.end();
    }
  },
};

async function waitsForLock({ postgres, here }: Place): Promise<void> {
  const waiting = `SELECT FROM pg_stat_activity WHERE datname = '${here.database}' AND wait_event_type = 'Lock'`;
  while ((await postgres.sql('postgres', waiting)).length === 0) await new Promise((done) => setTimeout(done, 20));
}

/** Limits that somebody set for short queries: ours take as long as they take. */
const timeouts: Fault = {
  name: 'timeouts for short queries',
  points: ['statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout', 'lock_timeout'],
  shortPoints: [],
  async inject(place, point): Promise<Strike> {
    const alter = (what: string) => place.postgres.sql('postgres', `ALTER DATABASE "${place.here.database}" ${what}`);
    await alter(`SET ${point} = '150ms'`);
    try {
      return { runs: [await place.dump()], struck: true };
    } finally {
      await alter(`RESET ${point}`);
    }
  },
};

const OURS = `application_name LIKE 'pgvouch%' OR application_name IN ('pg_dump', 'pg_dumpall')`;

async function toSessions({ postgres, here }: Place, call: string): Promise<boolean> {
  const ours = `FROM pg_stat_activity WHERE datname = '${here.database}' AND (${OURS})`;
  return (await postgres.sql('postgres', `SELECT ${call}(pid) ${ours}`)).length > 0;
}

/** SIGKILL for one of our sessions, as the kernel does when memory is short: the server then ends all and recovers. */
async function killBackend({ postgres, here }: Place): Promise<boolean> {
  const ours = `SELECT pid FROM pg_stat_activity WHERE datname = '${here.database}' AND (${OURS}) LIMIT 1`;
  const [session] = await postgres.sql<{ pid: number }>('postgres', ours);
  if (session) kill(session.pid);
  return session !== undefined;
}

/** SIGKILL for one of the dump's own programs, so long after it was first seen. */
const programKilled: Fault = {
  name: 'program killed',
  points: ['pg_dump', 'pg_dumpall'].flatMap((program) =>
    [0, 20, 50, 100, 200].map((ms) => `${program} after ${ms} ms`),
  ),
  shortPoints: ['pg_dump after 0 ms'],
  async inject(place, point) {
    const [program = '', , delay] = String(point).split(' ');
    let ended = false;
    const running = place.dump().finally(() => {
      ended = true;
    });
    let struck = false;
    while (!ended && !struck) {
      const pids = pidsOf(program, place.here.database);
      await new Promise((done) => setTimeout(done, pids.length > 0 ? Number(delay) : 15));
      for (const pid of pids) struck = killIfThere(pid) || struck;
    }
    return { runs: [await running], struck };
  },
};

/** Programs of a dump are known by the database that they were told of by environment. */
function pidsOf(program: string, database: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
        if (!environment.includes(`PGDATABASE=${database}`)) return false;
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
          .split('\0')
          .some((word) => word.endsWith(`/${program}`));
      } catch {
        return false; // it has ended meanwhile, or is not ours to look at
      }
    })
    .map(Number);
}

/** There are sessions only once the bucket was looked for. */
const WITH_SESSIONS = MOMENTS.filter((moment) => moment !== 'bucket looked for');

function momentOf(point: Point): Moment {
  if (!isMoment(point)) throw new Error(`${point} is no moment of a dump`);
  return point;
}

export const postgresLane: Lane = {
  name: 'PostgreSQL',
  servers: 'own PostgreSQL',
  faults: [
    atMoments('server killed', [], ({ postgres }) => postgres.kill()),
    atMoments('server restarted', [], ({ postgres }) => postgres.restart()),
    atMoments('session killed, server recovers', ['relisted'], killBackend, WITH_SESSIONS),
  ],
};

export const sessionLane: Lane = {
  name: 'PostgreSQL sessions',
  servers: 'shared',
  faults: [
    atMoments(
      ...(['sessions ended by an administrator', []] as const),
      (place) => toSessions(place, 'pg_terminate_backend'),
      WITH_SESSIONS,
    ),
    atMoments(
      ...(['queries cancelled', []] as const),
      (place) => toSessions(place, 'pg_cancel_backend'),
      WITH_SESSIONS,
    ),
    programKilled,
    atBytes('connections cut', 1, (line) => line.cut()),
    atBytes('network gone', 2, (line) => line.tear(), 0),
    atBytes('network silent', 3, (line) => line.freeze(), 0),
    raced('table dropped', [], 'DROP TABLE passing'),
    raced('table added', [], 'CREATE TABLE newcomer AS SELECT generate_series(1, 9) AS id'),
    raced('table emptied', [], 'TRUNCATE passing'),
    raced('table rewritten', [], 'ALTER TABLE passing ALTER id TYPE bigint'),
    lockHeld,
    timeouts,
  ],
};
