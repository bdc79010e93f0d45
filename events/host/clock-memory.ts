import { readSchedule } from '../../layers/schedule/expression.ts';
import { lastDue } from '../../layers/schedule/last-due.ts';

/** The schedules whose missed firings are made up for. */
export type RememberedSchedule = 'dump' | 'retention';

/** Remembers when schedules were due, so that a start knows what was missed and a rate keeps its rhythm. */
export interface ClockMemory {
  /** When a schedule was due last, of the firings that were accepted; undefined if never. */
  servedAt(name: RememberedSchedule): Date | undefined;
  /** Remembers that all events of a firing are accepted. */
  serve(name: RememberedSchedule, dueAt: Date): void;
}

/** For a host whose every start is the first. */
export const NO_MEMORY: ClockMemory = { servedAt: () => undefined, serve() {} };

/**
 * The latest firings that nobody served, each at most one. A first start takes a backup at once; retention waits for its
 * schedule.
 */
export function missedFirings(
  { dumpSchedule, retentionSchedule }: { readonly dumpSchedule: string; readonly retentionSchedule: string },
  clock: ClockMemory,
  now: Date,
): { readonly dump: Date | undefined; readonly retention: Date | undefined } {
  const dump = clock.servedAt('dump');
  const retention = clock.servedAt('retention');
  return {
    dump: dump ? lastDue(readSchedule(dumpSchedule, 'DUMP_SCHEDULE'), dump, now) : now,
    retention: retention && lastDue(readSchedule(retentionSchedule, 'RETENTION_SCHEDULE'), retention, now),
  };
}
