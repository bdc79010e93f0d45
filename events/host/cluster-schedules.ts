import { readSchedule } from '../../layers/schedule/expression.ts';
import type { FunctionName } from '../../layers/settings/functions.ts';
import type { Beginning } from './beginning.ts';
import type { ClockMemory, MissedFirings } from './clock-memory.ts';
import { earliest } from './dump-schedules.ts';
import { openOneAtATime } from './one-at-a-time.ts';
import { type Schedule, startInterval, startSchedule } from './schedule.ts';
import { scheduled } from './scheduled.ts';

/** When WAL is archived, base backups are taken, and recovered with; undefined where there is no point-in-time recovery. */
export interface ClusterConfig {
  readonly walSchedule?: string | undefined;
  readonly baseSchedule?: string | undefined;
  readonly baseIncrementSchedule?: string | undefined;
  /** Whether a run of wal stays connected for as long as it may (`WAL_MODE=follow`). */
  readonly walFollows?: boolean;
  readonly recoverySchedule?: string | undefined;
}

export interface ClusterSchedules {
  next(): { readonly wal?: Date | null; readonly base?: Date | null; readonly recovery?: Date | null };
  /** The WAL that was written while nothing ran, and a base backup and a recovery drill that were missed. */
  begin(missed: MissedFirings, plan: Beginning, now: Date): void;
  /** Counts a run that an earlier host had accepted. */
  takenUp(key: string, done: Promise<void>): void;
}

export interface ClusterOptions {
  readonly config: ClusterConfig;
  readonly fire: (name: FunctionName, event: unknown) => Promise<void>;
  readonly clock: ClockMemory;
  /** Keeps a schedule, to stop it with the others. */
  readonly start: (schedule: Schedule) => Schedule['next'];
  /** There if the bucket cannot tell of new base backups. */
  readonly polled: { readonly hasUnprovedBase?: () => Promise<boolean>; readonly everyS: number } | undefined;
}

/** Fires wal, base and recovery. */
export function startClusterSchedules({ config, fire, clock, start, polled }: ClusterOptions): ClusterSchedules {
  const { walSchedule, walFollows = false, baseSchedule, baseIncrementSchedule, recoverySchedule } = config;
  // The slot lets only one at it.
  const archiving = openOneAtATime();
  let stopped = false;
  /** One that followed is followed by the next at once. Where one ended early, the schedule tries again. */
  const follow = async (at: Date) => {
    for (let dueAt = at; ; dueAt = new Date()) {
      const startedAt = performance.now();
      await fire('wal', scheduled(dueAt));
      if (!walFollows || stopped || performance.now() - startedAt < FOLLOWED_MS) return;
    }
  };
  const archive = (at: Date) => archiving.take(() => follow(at));
  start({
    next: () => null,
    stop: () => {
      stopped = true;
    },
  });
  // A full one may take longer than a day.
  const taking = openOneAtATime();
  const take = (kind: 'full' | 'incremental') => (dueAt: Date) => {
    taking.take(() => fire('base', scheduled(dueAt, { kind })));
    clock.serve(kind === 'full' ? 'base' : 'increment', dueAt);
  };
  const recoveries = openOneAtATime();
  const recover = (dueAt: Date) => {
    recoveries.take(() => fire('recovery', scheduled(dueAt)));
    clock.serve('recovery', dueAt);
  };
  const poll = (at: Date) =>
    recoveries.take(async () => {
      if (await polled?.hasUnprovedBase?.()) await fire('recovery', scheduled(at));
    });
  const nextRecovery =
    recoverySchedule &&
    start(startSchedule(readSchedule(recoverySchedule, 'RECOVERY_SCHEDULE'), recover, clock.servedAt('recovery')));
  if (recoverySchedule && polled) start(startInterval(polled.everyS, poll));
  const nextWal = walSchedule && start(startSchedule(readSchedule(walSchedule, 'WAL_SCHEDULE'), archive));
  const nextBases = [
    baseSchedule && startSchedule(readSchedule(baseSchedule, 'BASE_SCHEDULE'), take('full'), clock.servedAt('base')),
    baseIncrementSchedule &&
      startSchedule(
        readSchedule(baseIncrementSchedule, 'BASE_INCREMENT_SCHEDULE'),
        take('incremental'),
        clock.servedAt('increment'),
      ),
  ].flatMap((schedule) => (schedule ? [start(schedule)] : []));
  return {
    next: () => ({
      ...(nextWal && { wal: nextWal() }),
      ...(nextRecovery && { recovery: nextRecovery() }),
      ...(nextBases.length > 0 && { base: earliest(nextBases.map((next) => next())) }),
    }),
    begin({ base, recovery }, plan, now) {
      if (walSchedule) archive(now);
      if (base && plan.base) take(base.kind)(base.dueAt);
      if (recovery && plan.recovery) recover(recovery);
      // Where missed ones, and a rate, are counted from.
      if (recoverySchedule && clock.servedAt('recovery') === undefined) clock.serve('recovery', now);
    },
    takenUp(key, done) {
      if (key === 'wal') archiving.during(done);
      if (key === 'base') taking.during(done);
      if (key === 'recovery') recoveries.during(done);
    },
  };
}

/** A run that lasts shorter found another at work, or failed. */
const FOLLOWED_MS = 60_000;
