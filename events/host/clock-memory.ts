import { type DumpGroup, type DumpSchedule, keyOf, readDumpSchedule } from '../../layers/schedule/dump-schedules.ts';
import { readSchedule } from '../../layers/schedule/expression.ts';
import { lastDue } from '../../layers/schedule/last-due.ts';
import { type RefreshesConfig, refreshSchedule } from './scheduled-refresh.ts';

/** The schedules whose missed firings are made up for: each of dumps, and `dump` for all of them together. */
export type RememberedSchedule =
  | 'dump'
  | `dump ${string}`
  | 'retention'
  | 'base'
  | 'increment'
  | 'recovery'
  | `refresh ${string}`;

/** Remembers when schedules were due, so that a start knows what was missed and a rate keeps its rhythm. */
export interface ClockMemory {
  /** When a schedule was due last, of the firings that were accepted; undefined if never. */
  servedAt(name: RememberedSchedule): Date | undefined;
  /** Remembers that all events of a firing are accepted. */
  serve(name: RememberedSchedule, dueAt: Date): void;
}

/** When a schedule of dumps was due last; of one that is new, when any of them was. */
export function servedDump(clock: ClockMemory, schedule: DumpSchedule): Date | undefined {
  return clock.servedAt(`dump ${keyOf(schedule)}`) ?? clock.servedAt('dump');
}

export function serveDump(clock: ClockMemory, schedule: DumpSchedule, dueAt: Date): void {
  clock.serve(`dump ${keyOf(schedule)}`, dueAt);
  clock.serve('dump', dueAt);
}

/** For a host whose every start is the first. */
export const NO_MEMORY: ClockMemory = { servedAt: () => undefined, serve() {} };

/** The latest firings that nobody served, each at most one. */
export interface MissedFirings {
  /** By the keys of their schedules. */
  readonly dumps?: ReadonlyMap<string, Date>;
  readonly retention?: Date | undefined;
  /** Where there is point-in-time recovery; a full one before an increment. */
  readonly base?: { readonly kind: 'full' | 'incremental'; readonly dueAt: Date } | undefined;
  readonly recovery?: Date | undefined;
  /** By their names. */
  readonly refreshes?: ReadonlyMap<string, Date>;
}

interface Schedules extends RefreshesConfig {
  readonly dumps: readonly DumpGroup[];
  readonly retentionSchedule: string;
  readonly baseSchedule?: string | undefined;
  readonly baseIncrementSchedule?: string | undefined;
  readonly recoverySchedule?: string | undefined;
}

/** What was missed. A first start takes a backup at once, and a base backup; retention, recovery and refreshes wait for their schedules. */
export function missedFirings(schedules: Schedules, clock: ClockMemory, now: Date): MissedFirings {
  const retention = clock.servedAt('retention');
  const recovery = clock.servedAt('recovery');
  const { dumps, retentionSchedule, recoverySchedule, refreshes = [] } = schedules;
  return {
    dumps: new Map(
      dumps.flatMap((group) => {
        const served = servedDump(clock, group);
        const dueAt = served ? lastDue(readDumpSchedule(group), served, now) : now;
        return dueAt === undefined ? [] : [[keyOf(group), dueAt]];
      }),
    ),
    retention: retention && lastDue(readSchedule(retentionSchedule, 'RETENTION_SCHEDULE'), retention, now),
    base: missedBase(schedules, clock, now),
    refreshes: new Map(
      refreshes.flatMap((one) => {
        const served = clock.servedAt(`refresh ${one.name}`);
        const dueAt = served && lastDue(refreshSchedule(one), served, now);
        return dueAt === undefined ? [] : [[one.name, dueAt]];
      }),
    ),
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
