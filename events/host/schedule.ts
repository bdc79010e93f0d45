import { Cron } from 'croner';
import { CRON_OPTIONS, readSchedule } from '../../layers/schedule/expression.ts';

export interface Schedule {
  /** When it fires next; null if never again. */
  next(): Date | null;
  stop(): void;
}

/**
 * Fires as EventBridge would, in UTC: `cron(minutes hours day-of-month month day-of-week year)` or `rate(5 minutes)`.
 *
 * @param expression - as in serverless.yml
 * @param fire - gets the instant that was due, in whole seconds
 * @param since - an instant that a rate was due at; now by default
 * @throws {@link ConfigError} naming `variable` if the expression is not one
 */
export function startSchedule(
  expression: string,
  variable: string,
  fire: (dueAt: Date) => void,
  since = new Date(),
): Schedule {
  const schedule = readSchedule(expression, variable);
  if (schedule.kind === 'rate') return startInterval(schedule.seconds, fire, since);
  const job = new Cron(schedule.pattern, CRON_OPTIONS, (self) => fire(dueAt(self)));
  return { next: () => job.nextRun(), stop: () => job.stop() };
}

/** Fires every so many seconds, counted from an instant; first after now. */
export function startInterval(seconds: number, fire: (dueAt: Date) => void, since = new Date()): Schedule {
  const passedMs = Math.max(0, Date.now() - since.getTime());
  const periods = Math.floor(passedMs / (1000 * seconds)) + 1;
  const startAt = new Date(since.getTime() + 1000 * seconds * periods);
  const options = { timezone: 'UTC', interval: seconds, startAt };
  const job = new Cron('* * * * * *', options, (self) => fire(dueAt(self)));
  return { next: () => job.nextRun(), stop: () => job.stop() };
}

/** In whole seconds. */
function dueAt(job: Cron): Date {
  return new Date(Math.floor((job.currentRun() ?? new Date()).getTime() / 1000) * 1000);
}
