import { readSchedule } from '../../layers/schedule/expression.ts';
import type { FunctionName } from '../../layers/settings/functions.ts';
import { parseBaseCreated, parseObjectCreated, type VaultPlace } from '../object-created.ts';
import { type Beginning, planBeginning } from './beginning.ts';
import { type ClockMemory, missedFirings, NO_MEMORY } from './clock-memory.ts';
import { type ClusterConfig, startClusterSchedules } from './cluster-schedules.ts';
import { type DumpsConfig, startDumpSchedules } from './dump-schedules.ts';
import type { Invoker } from './invoker.ts';
import type { Accepted } from './journal.ts';
import { openOneAtATime } from './one-at-a-time.ts';
import { startRefreshSchedules } from './refresh-schedules.ts';
import { type Schedule, startInterval, startSchedule } from './schedule.ts';
import { readScheduled, scheduled } from './scheduled.ts';
import type { RefreshesConfig } from './scheduled-refresh.ts';

export interface BackgroundOptions {
  readonly config: BackgroundConfig;
  readonly invoker: Invoker;
  readonly bucket: BackgroundBucket;
  /** Remembers when schedules were due; without one every start is the first. */
  readonly clock?: ClockMemory;
  /** Gets each firing of dump, and its end with all retries, but for those of find. */
  readonly onDump?: (database: string, done: Promise<void>) => void;
}

/** When what is fired. */
export interface BackgroundConfig extends ClusterConfig, DumpsConfig, RefreshesConfig {
  readonly verifySchedule: string;
  readonly retentionSchedule: string;
  /** How often verify looks by itself where the bucket cannot call. */
  readonly verifyIntervalS: number;
}

/** The bucket whose notifications are taken. */
export interface BackgroundBucket extends VaultPlace {
  readonly notifications: 'pushed' | 'polled';
  /** Where they are polled: whether verify would find a backup that lacks its verdict. It is started in any case by default. */
  readonly hasUnproved?: () => Promise<boolean>;
  /** The same of recovery, and a base backup. It is started only by its schedule by default. */
  readonly hasUnprovedBase?: () => Promise<boolean>;
}

/** Everything that fires the functions of a server: the clock, the bucket's notifications, and the beginning. */
export interface Background {
  /** When each fires next, by itself; null if never again. */
  next(): Readonly<Record<'dump' | 'verify' | 'retention', Date | null>> & {
    readonly wal?: Date | null;
    readonly base?: Date | null;
    readonly recovery?: Date | null;
    readonly refresh?: Date | null;
  };
  /**
   * Fires what a notification of the bucket is for. Whatever is no notification of this vault is neither retried nor
   * reported as a failure.
   *
   * @throws {@link EventError} if it is none
   */
  notice(event: unknown): void;
  /**
   * A first backup at once, or one for the latest firing that was missed; what was accepted earlier; a look at what was
   * missed while nothing ran; the WAL that was written meanwhile, a base backup, and a recovery drill.
   *
   * @param left - what earlier hosts accepted and did not end
   * @returns what that comes to
   */
  begin(left?: readonly Accepted[]): Beginning;
  /** Nothing is fired any more. */
  close(): void;
}

export function startBackground(options: BackgroundOptions): Background {
  const { config, invoker, bucket, clock = NO_MEMORY } = options;
  const fire = (name: FunctionName, event: unknown) => invoker.invoke(name, event);
  const retain = (dueAt: Date) => {
    void fire('retention', scheduled(dueAt));
    clock.serve('retention', dueAt);
  };
  // One look at a time: a drill may take longer than the interval, and the next look would drill the same backup.
  const looks = openOneAtATime();
  const look = (at: Date) => looks.take(() => fire('verify', scheduled(at)));
  const poll = (at: Date) =>
    looks.take(async () => {
      if ((await bucket.hasUnproved?.()) ?? true) await fire('verify', scheduled(at));
    });
  const schedules: Schedule[] = [];
  const start = (schedule: Schedule) => {
    schedules.push(schedule);
    return schedule.next;
  };
  const close = () => {
    for (const schedule of schedules) schedule.stop();
  };
  try {
    const { verifySchedule, retentionSchedule } = config;
    const dumps = startDumpSchedules({ config, fire, clock, start, onDump: options.onDump });
    const refreshes = startRefreshSchedules({ config, fire, clock, start });
    const hourlyLook = start(startSchedule(readSchedule(verifySchedule, 'VERIFY_SCHEDULE'), look));
    const nextLook =
      bucket.notifications === 'polled' ? start(startInterval(config.verifyIntervalS, poll)) : hourlyLook;
    const nextRetention = start(
      startSchedule(readSchedule(retentionSchedule, 'RETENTION_SCHEDULE'), retain, clock.servedAt('retention')),
    );
    const polled = bucket.notifications === 'polled' ? { ...bucket, everyS: config.verifyIntervalS } : undefined;
    const cluster = startClusterSchedules({ config, fire, clock, start, polled });
    return {
      notice(event) {
        if (parseObjectCreated(event, bucket).length > 0) void fire('verify', event);
        if (config.recoverySchedule && parseBaseCreated(event, bucket).length > 0) void fire('recovery', event);
      },
      next: () => ({
        ...{ dump: dumps.next(), verify: nextLook(), retention: nextRetention() },
        ...cluster.next(),
        ...refreshes.next(),
      }),
      begin(left = []) {
        const now = new Date();
        now.setUTCMilliseconds(0);
        const missed = missedFirings(config, clock, now);
        const plan = planBeginning({ left, dumps: config, refreshes: config.refreshes ?? [], missed });
        for (const accepted of plan.drop) accepted.ended();
        for (const accepted of plan.takeUp) {
          const done = invoker.takeUp(accepted);
          if (accepted.key === 'verify' && readScheduled(accepted.event)) looks.during(done);
          cluster.takenUp(accepted.key, done);
          if (accepted.key === 'refresh') refreshes.takenUp(accepted.event, done);
        }
        if (plan.look) look(now);
        cluster.begin(missed, plan, now);
        dumps.begin(missed, plan);
        refreshes.begin(missed, plan, now);
        if (missed.retention && plan.retention) retain(missed.retention);
        // Where a rate is counted from.
        if (clock.servedAt('retention') === undefined) clock.serve('retention', now);
        return plan;
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
