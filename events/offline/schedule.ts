import { Cron } from 'croner';
import { ConfigError, textOf } from '../../layers/backup/errors.ts';

export interface Schedule {
  /** When it fires next; null if never again. */
  next(): Date | null;
  stop(): void;
}

/**
 * Fires as EventBridge would, in UTC: `cron(minutes hours day-of-month month day-of-week year)` or `rate(5 minutes)`.
 *
 * @param expression - as in serverless.yml
 * @param fire - told the instant that was due, in whole seconds
 * @throws {@link ConfigError} naming `variable` if the expression is not one
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 */
export function startSchedule(expression: string, variable: string, fire: (dueAt: Date) => void): Schedule {
  try {
    const interval = rateSeconds(expression);
    if (interval !== undefined) return startInterval(interval, fire);
    const job = new Cron(cronPattern(expression), { timezone: 'UTC', mode: '7-part' }, (self) => fire(dueAt(self)));
    return { next: () => job.nextRun(), stop: () => job.stop() };
  } catch (error) {
    throw new ConfigError({
      operation: 'read schedule',
      subject: variable,
      problem: `"${expression}" is no EventBridge expression: ${textOf(error)}`,
      hint: 'for example cron(0 2 * * ? *) for 02:00 UTC daily, or rate(1 hour)',
      cause: error,
    });
  }
}

/** Fires every so many seconds, first after as many. */
export function startInterval(seconds: number, fire: (dueAt: Date) => void): Schedule {
  const startAt = new Date(Date.now() + seconds * 1000);
  const options = { timezone: 'UTC', interval: seconds, startAt };
  const job = new Cron('* * * * * *', options, (self) => fire(dueAt(self)));
  return { next: () => job.nextRun(), stop: () => job.stop() };
}

/** Whether {@link startSchedule} takes it. */
export function isSchedule(expression: string): boolean {
  try {
    startSchedule(expression, '', () => {}).stop();
    return true;
  } catch {
    return false;
  }
}

/** EventBridge's six fields as croner's seven: seconds in front, and weekdays from 0, where EventBridge has 1 = SUN. */
export function cronPattern(expression: string): string {
  const fields = /^cron\((.*)\)$/.exec(expression)?.[1]?.trim().split(/\s+/);
  if (fields?.length !== 6) throw new Error('it needs six fields within cron(…), or rate(…)');
  const [minutes, hours, dayOfMonth, month, dayOfWeek = '', year] = fields;
  const shifted = dayOfWeek.replace(/(?<![#/\d])[1-7](?!\d)/g, (day) => String(Number(day) - 1));
  return ['0', minutes, hours, dayOfMonth, month, shifted, year].join(' ').replaceAll('?', '*');
}

const UNIT_SECONDS = { minute: 60, hour: 3600, day: 86_400 } as const;

function rateSeconds(expression: string): number | undefined {
  if (!expression.startsWith('rate(')) return undefined;
  const found = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(expression);
  if (!found) throw new Error('rate(…) takes a number and minutes, hours or days');
  return Number(found[1]) * UNIT_SECONDS[found[2] as keyof typeof UNIT_SECONDS];
}

/** In whole seconds. */
function dueAt(job: Cron): Date {
  return new Date(Math.floor((job.currentRun() ?? new Date()).getTime() / 1000) * 1000);
}
