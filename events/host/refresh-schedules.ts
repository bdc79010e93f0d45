import type { FunctionName } from '../../layers/settings/functions.ts';
import type { Beginning } from './beginning.ts';
import type { ClockMemory, MissedFirings } from './clock-memory.ts';
import { earliest } from './dump-schedules.ts';
import { openOneAtATime } from './one-at-a-time.ts';
import { type Schedule, startSchedule } from './schedule.ts';
import { readScheduled, scheduled } from './scheduled.ts';
import { type RefreshesConfig, refreshSchedule } from './scheduled-refresh.ts';

export interface RefreshSchedules {
  /** When the first of them fires next; null if never again. Not there if none has a schedule. */
  next(): { readonly refresh?: Date | null };
  /** Fires what was missed. */
  begin(missed: MissedFirings, plan: Pick<Beginning, 'refresh'>, now: Date): void;
  /** Counts a run that an earlier host had accepted. */
  takenUp(event: unknown, done: Promise<void>): void;
}

export interface RefreshSchedulesOptions {
  readonly config: RefreshesConfig;
  readonly fire: (name: FunctionName, event: unknown) => Promise<void>;
  readonly clock: ClockMemory;
  /** Keeps a schedule, to stop it with the others. */
  readonly start: (schedule: Schedule) => Schedule['next'];
}

/** Fires refresh by the schedule of each. One that still runs is not fired again. */
export function startRefreshSchedules({ config, fire, clock, start }: RefreshSchedulesOptions): RefreshSchedules {
  const refreshes = (config.refreshes ?? []).map((one) => {
    const running = openOneAtATime();
    const run = (dueAt: Date) => {
      running.take(() => fire('refresh', scheduled(dueAt, { refresh: one.name })));
      clock.serve(`refresh ${one.name}`, dueAt);
    };
    const next = start(startSchedule(refreshSchedule(one), run, clock.servedAt(`refresh ${one.name}`)));
    return { ...one, running, run, next };
  });
  return {
    next: () => (refreshes.length === 0 ? {} : { refresh: earliest(refreshes.map(({ next }) => next())) }),
    begin(missed, plan, now) {
      for (const { name, run } of refreshes) {
        const dueAt = missed.refreshes?.get(name);
        if (dueAt && plan.refresh.includes(name)) run(dueAt);
        // Where missed ones, and a rate, are counted from.
        if (clock.servedAt(`refresh ${name}`) === undefined) clock.serve(`refresh ${name}`, now);
      }
    },
    takenUp(event, done) {
      const name = readScheduled(event)?.refresh;
      refreshes.find((one) => one.name === name)?.running.during(done);
    },
  };
}
