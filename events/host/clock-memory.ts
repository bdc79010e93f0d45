import { readSchedule } from '../../layers/schedule/expression.ts';
import { lastDue } from '../../layers/schedule/last-due.ts';

/** The schedules whose missed firings are made up for. */
export type RememberedSchedule = 'dump' | 'retention' | 'base' | 'increment' | 'recovery';

/** Remembers when schedules were due, so that a start knows what was missed and a rate keeps its rhythm. */
export interface ClockMemory {
  /** When a schedule was due last, of the firings that were accepted; undefined if never. */
  servedAt(name: RememberedSchedule): Date | undefined;
  /** Remembers that all events of a firing are accepted. */
  serve(name: RememberedSchedule, dueAt: Date): void;
}

/** For a host whose every start is the first. */
export const NO_MEMORY: ClockMemory = { servedAt: () => undefined, serve() {} };

/** The latest firings that nobody served, each at most one. */
export interface MissedFirings {
  readonly dump?: Date | undefined;
  readonly retention?: Date | undefined;
  /** Where there is point-in-time recovery; a full one before an increment. */
  readonly base?: { readonly kind: 'full' | 'incremental'; readonly dueAt: Date } | undefined;
  readonly recovery?: Date | undefined;
}

interface Schedules {
  readonly dumpSchedule: string;
  readonly dumpTimezone?: string | undefined;
  readonly retentionSchedule: string;
  readonly baseSchedule?: string | undefined;
  readonly baseIncrementSchedule?: string | undefined;
  readonly recoverySchedule?: string | undefined;
}

/** What was missed. A first start takes a backup at once, and a base backup; retention and recovery wait for their schedules. */
export function missedFirings(schedules: Schedules, clock: ClockMemory, now: Date): MissedFirings {
  const dump = clock.servedAt('dump');
  const retention = clock.servedAt('retention');
  const recovery = clock.servedAt('recovery');
  const { dumpSchedule, dumpTimezone, retentionSchedule, recoverySchedule } = schedules;
  return {
    dump: dump ? lastDue(readSchedule(dumpSchedule, 'DUMP_SCHEDULE', dumpTimezone), dump, now) : now,
    retention: retention && lastDue(readSchedule(retentionSchedule, 'RETENTION_SCHEDULE'), retention, now),
    base: missedBase(schedules, clock, now),
    recovery:
      recovery && recoverySchedule
        ? lastDue(readSchedule(recoverySchedule, 'RECOVERY_SCHEDULE'), recovery, now)
        : undefined,
  };
}

function missedBase(
  { baseSchedule, baseIncrementSchedule }: Schedules,
  clock: ClockMemory,
  now: Date,
): MissedFirings['base'] {
  if (!baseSchedule || !baseIncrementSchedule) return undefined;
  const served = clock.servedAt('base');
  if (served === undefined) return { kind: 'full', dueAt: now };
  const full = lastDue(readSchedule(baseSchedule, 'BASE_SCHEDULE'), served, now);
  if (full) return { kind: 'full', dueAt: full };
  const last = clock.servedAt('increment') ?? served;
  const increment = lastDue(readSchedule(baseIncrementSchedule, 'BASE_INCREMENT_SCHEDULE'), last, now);
  return increment && { kind: 'incremental', dueAt: increment };
}
