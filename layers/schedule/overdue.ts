import { nextFiring, type Schedule } from './expression.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * When what several schedules bring is overdue: at the second firing after the one that was served, but no sooner than an
 * hour and no later than a day after the first. So a work of hours may still be under way, a weekly one is missed after
 * eight days, and an hourly one after two hours.
 *
 * @param servedAt - when what the last firing brought was begun
 * @returns undefined if none of them fires any more
 */
export function overdueAt(schedules: readonly Schedule[], servedAt: Date): Date | undefined {
  const first = firstFiring(schedules, servedAt);
  if (first === undefined) return undefined;
  const second = firstFiring(schedules, first);
  const betweenMs = second ? second.getTime() - first.getTime() : DAY_MS;
  return new Date(first.getTime() + Math.min(Math.max(betweenMs, HOUR_MS), DAY_MS));
}

function firstFiring(schedules: readonly Schedule[], after: Date): Date | undefined {
  const firings = schedules.flatMap((schedule) => firingAfter(schedule, after) ?? []);
  return firings.reduce<Date | undefined>(
    (first, one) => (first === undefined || one < first ? one : first),
    undefined,
  );
}

/** When a schedule fires next. A rate does so once in each of its periods, wherever they begin: at the latest then. */
export function firingAfter(schedule: Schedule, after: Date): Date | undefined {
  if (schedule.kind === 'rate') return new Date(after.getTime() + 1000 * schedule.seconds);
  return nextFiring(schedule, after);
}
