import { previousFiring, type Schedule } from './expression.ts';

/**
 * The latest instant, up to now, that a schedule was due at since it was last served.
 *
 * @param servedAt - when it was due last, of the firings that were served
 * @returns undefined if it was not due since
 */
export function lastDue(schedule: Schedule, servedAt: Date, now: Date): Date | undefined {
  const due = schedule.kind === 'rate' ? lastOfRate(schedule.seconds, servedAt, now) : lastOfCron(schedule, now);
  return due !== undefined && due > servedAt ? due : undefined;
}

function lastOfRate(seconds: number, servedAt: Date, now: Date): Date {
  const periods = Math.floor((now.getTime() - servedAt.getTime()) / (1000 * seconds));
  return new Date(servedAt.getTime() + 1000 * seconds * Math.max(0, periods));
}

/** Now itself counts. */
function lastOfCron(schedule: Schedule, now: Date): Date | undefined {
  return previousFiring(schedule, new Date(now.getTime() + 1000));
}
