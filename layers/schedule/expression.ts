import { Cron } from 'croner';
import { ConfigError, textOf } from '../backup/errors.ts';

/** What an EventBridge expression says: every so many seconds, or croner's pattern of seven fields. */
export type Schedule =
  | { readonly kind: 'rate'; readonly seconds: number }
  | { readonly kind: 'cron'; readonly pattern: string };

/** How croner reads our patterns. */
export const CRON_OPTIONS = { timezone: 'UTC', mode: '7-part' } as const;

/**
 * Reads `cron(minutes hours day-of-month month day-of-week year)` or `rate(5 minutes)`, as EventBridge does, in UTC.
 *
 * @param expression - as in serverless.yml
 * @throws {@link ConfigError} naming `variable` if the expression is not one
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 */
export function readSchedule(expression: string, variable: string): Schedule {
  try {
    const seconds = rateSeconds(expression);
    if (seconds !== undefined) return { kind: 'rate', seconds };
    const pattern = cronPattern(expression);
    // Paused: it only tells whether croner understands the pattern.
    new Cron(pattern, { ...CRON_OPTIONS, paused: true });
    return { kind: 'cron', pattern };
  } catch (error) {
    throw new ConfigError({
      operation: 'read schedule',
      subject: variable,
      problem: `"${expression}" is not an EventBridge expression: ${textOf(error)}`,
      hint: 'for example cron(0 2 * * ? *) for 02:00 UTC daily, or rate(1 hour)',
      cause: error,
    });
  }
}

/** Whether {@link readSchedule} takes it. */
export function isSchedule(expression: string): boolean {
  try {
    readSchedule(expression, '');
    return true;
  } catch {
    return false;
  }
}

/**
 * When a schedule fires next after an instant.
 *
 * @returns undefined if never again, and for a rate: its phase is EventBridge's secret
 */
export function nextFiring(schedule: Schedule, after: Date): Date | undefined {
  if (schedule.kind === 'rate') return undefined;
  return new Cron(schedule.pattern, { ...CRON_OPTIONS, paused: true }).nextRun(after) ?? undefined;
}

/** When a schedule last fired before an instant; undefined where {@link nextFiring} is too, and if it never did. */
export function previousFiring(schedule: Schedule, before: Date): Date | undefined {
  if (schedule.kind === 'rate') return undefined;
  return new Cron(schedule.pattern, { ...CRON_OPTIONS, paused: true }).previousRuns(1, before)[0];
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
