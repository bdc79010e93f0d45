import { firingAtWall, nextFiring, type Schedule } from './expression.ts';
import { wallClock } from './local-time.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * The firings of a schedule that AWS's EventBridge Scheduler would not make when clocks change. It fires when a clock on a wall
 * shows the time: never of a time that a day does not have, and once of one that a day has twice. Pure.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
 */
export function leftOutBetween(schedule: Schedule, from: Date, to: Date): Date[] {
  if (schedule.kind === 'rate' || schedule.timezone === 'UTC') return [];
  const leftOut: Date[] = [];
  for (let day = from.getTime(); day < to.getTime(); day += DAY_MS) {
    const [begin, end] = [new Date(day), new Date(Math.min(day + DAY_MS, to.getTime()))];
    if (offsetMs(begin, schedule.timezone) === offsetMs(end, schedule.timezone)) continue;
    let last = wallClock(begin, schedule.timezone);
    for (let at = nextFiring(schedule, begin); at && at <= end; at = nextFiring(schedule, at)) {
      const wall = wallClock(at, schedule.timezone);
      if (wall <= last || !firingAtWall(schedule, wall)) leftOut.push(at);
      else last = wall;
    }
  }
  return leftOut;
}

function offsetMs(at: Date, timezone: string): number {
  return wallClock(at, timezone).getTime() - at.getTime();
}
