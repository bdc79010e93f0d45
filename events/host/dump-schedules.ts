import { type DumpGroup, type DumpSchedule, keyOf, readDumpSchedule } from '../../layers/schedule/dump-schedules.ts';
import type { FunctionName } from '../../layers/settings/functions.ts';
import { type ClockMemory, type MissedFirings, serveDump, servedDump } from './clock-memory.ts';
import { type Schedule, startSchedule } from './schedule.ts';
import { scheduled } from './scheduled.ts';

/** What is dumped when. */
export interface DumpsConfig {
  /** Each schedule, with the databases that are named and dumped by it. */
  readonly dumps: readonly DumpGroup[];
  /** Whether find fires dumps, also of databases that it finds; it does not by default. */
  readonly finds?: boolean;
  /** By which schedule a database is dumped that was found; by the only one by default. */
  readonly scheduleOf?: (database: string) => DumpSchedule;
}

export interface DumpSchedules {
  /** When the first of them fires next; null if never again. */
  next(): Date | null;
  /** Fires what was missed: dumps of these databases, or find for the schedules with these keys. */
  begin(missed: MissedFirings, plan: { readonly dump: readonly string[]; readonly find: readonly string[] }): void;
}

export interface DumpSchedulesOptions {
  readonly config: DumpsConfig;
  readonly fire: (name: FunctionName, event: unknown) => Promise<void>;
  readonly clock: ClockMemory;
  /** Keeps a schedule, to stop it with the others. */
  readonly start: (schedule: Schedule) => Schedule['next'];
  /** Gets each firing of dump, and its end with all retries, but for those of find. */
  readonly onDump?: ((database: string, done: Promise<void>) => void) | undefined;
}

/** Fires dump, or find where that finds whom to dump, by each of the schedules. */
export function startDumpSchedules({ config, fire, clock, start, onDump }: DumpSchedulesOptions): DumpSchedules {
  const { dumps, finds = false } = config;
  const dumpAll = (group: DumpGroup, dueAt: Date, databases = group.databases) => {
    // Its answer leads to the dumps of this schedule.
    if (finds) void fire('find', scheduled(dueAt, { schedule: group.expression, timezone: group.timezone }));
    for (const database of finds ? [] : databases) {
      const done = fire('dump', scheduled(dueAt, { database }));
      onDump?.(database, done);
    }
    serveDump(clock, group, dueAt);
  };
  const nexts = dumps.map((group) =>
    start(startSchedule(readDumpSchedule(group), (dueAt) => dumpAll(group, dueAt), servedDump(clock, group))),
  );
  return {
    next: () => earliest(nexts.map((next) => next())),
    begin(missed, plan) {
      for (const group of dumps) {
        const dueAt = missed.dumps?.get(keyOf(group));
        const databases = group.databases.filter((database) => plan.dump.includes(database));
        if (dueAt && (!finds || plan.find.includes(keyOf(group)))) dumpAll(group, dueAt, databases);
      }
    },
  };
}

export function earliest(dates: readonly (Date | null)[]): Date | null {
  return dates.reduce((first, date) => (first === null || (date !== null && date < first) ? date : first), null);
}
