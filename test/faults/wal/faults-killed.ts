import { SLOT } from '../../support/world/wal-world.ts';
import { isRunning, type Strike, strikeDuring, type WalFault } from './fault.ts';
import type { BucketAccess, WalPlace } from './wal-place.ts';

/** Runs, sessions and servers that end. */
export const KILLED = {
  'wal killed': (strike) => strikeDuring(strike, ({ child }) => child.kill('SIGKILL')),
  'wal killed beside another': (strike) => strikeDuring(strike, ({ child }) => child.kill('SIGKILL'), { beside: true }),
  'walsender ended': (strike) =>
    strikeDuring(strike, () =>
      strike.place.writer.server.sql(
        'postgres',
        `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active AND slot_name = '${SLOT}'`,
      ),
    ),
  'server killed': (strike) => strikeDuring(strike, () => strike.place.writer.server.kill()),
  'server restarted': (strike) => strikeDuring(strike, () => strike.place.writer.server.restart()),
} as const satisfies Record<string, WalFault>;

export const BASE_KILLED = {
  'base killed': (strike) => strikeDuring(strike, ({ child }) => child.kill('SIGKILL'), { of: 'base' }),
  'server killed under base': (strike) => strikeDuring(strike, () => strike.place.writer.server.kill(), { of: 'base' }),
} as const satisfies Record<string, WalFault>;

/** A run that cannot get through to the bucket gives up then. */
const SHORT = { RUN_MS: '10000' };

export const BUCKET_BROKEN = {
  'bucket killed': (strike) => strikeDuring(strike, () => bucketOf(strike).killGateway(), { env: SHORT }),
  'bucket restarted': (strike) =>
    strikeDuring(strike, async () => {
      await bucketOf(strike).killGateway();
      await bucketOf(strike).restartGateway();
    }),
  'connections to the bucket cut': (strike) => {
    const { line } = bucketOf(strike);
    return meeting(strike, (met) => {
      line.calm();
      line.at(Math.floor(strike.random() * strike.times.bucketBytes), () => {
        met();
        line.cut();
      });
    });
  },
  'answer of the bucket lost': (strike) => {
    const { store } = bucketOf(strike);
    let left = 1 + Math.floor(strike.random() * 2);
    return meeting(strike, (met) => {
      store.rule = ({ method, key }) => {
        if (method !== 'PUT' || !key.includes('/wal/') || left-- <= 0) return 'pass';
        met();
        return 'lose answer';
      };
    });
  },
} as const satisfies Record<string, WalFault>;

/** A run under something that waits for it. */
async function meeting(strike: Strike, set: (met: () => void) => void) {
  let struck = false;
  set(() => {
    struck = true;
  });
  const { said } = await strikeDuring(strike, () => {});
  return { said, struck };
}

function bucketOf({ place }: { readonly place: Pick<WalPlace, 'bucket'> }): BucketAccess {
  if (place.bucket === undefined) throw new Error('nobody may harm the bucket server that all tests share');
  return place.bucket;
}

/**
 * A run that is frozen loses its slot when the server has waited for it for long enough, and another takes over; then it
 * wakes up, and believes that nothing has happened.
 */
export const FROZEN: WalFault = async (strike) => {
  const { place } = strike;
  const { sql } = place.writer.server;
  const waiting = async (time: string) => {
    await sql('postgres', `ALTER SYSTEM SET wal_sender_timeout = '${time}'`);
    await sql('postgres', 'SELECT pg_reload_conf()');
  };
  await waiting('2s');
  return strikeDuring(strike, async (run) => {
    const frozen = isRunning(run);
    if (frozen) run.child.kill('SIGSTOP');
    await place.archive().finally(async () => {
      if (frozen) run.child.kill('SIGCONT');
      await waiting('60s');
    });
  });
};
