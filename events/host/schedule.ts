import { Cron } from 'croner';
import { type Schedule as Due, nextFiring } from '../../layers/schedule/expression.ts';

export interface Schedule {
  /** When it fires next; null if never again. */
  next(): Date | null;
  stop(): void;
}

/**
 * Fires as EventBridge would.
 *
 * @param fire - gets the instant that was due, in whole seconds
 * @param since - an instant that a rate was due at; now by default
 */
export function startSchedule(due: Due, fire: (dueAt: Date) => void, since = new Date()): Schedule {
  if (due.kind === 'rate') return startInterval(due.seconds, fire, since);
  let job: Cron | undefined;
  const waitFrom = (after: Date) => {
    const dueAt = nextFiring(due, after);
    job =
      dueAt &&
      new Cron(dueAt, { timezone: 'UTC' }, () => {
        // What came while the machine slept is over.
        waitFrom(new Date(Math.max(dueAt.getTime(), Date.now())));
        fire(dueAt);
      });
  };
  waitFrom(new Date());
  return { next: () => job?.nextRun() ?? null, stop: () => job?.stop() };
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
