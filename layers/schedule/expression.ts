import { Cron } from 'croner';
import { ConfigError, textOf } from '../backup/errors.ts';
import { instantOf, wallClock } from './local-time.ts';

/** What an EventBridge expression says: every so many seconds, or croner's pattern of seven fields in a time zone. */
export type Schedule =
  | { readonly kind: 'rate'; readonly seconds: number }
  | { readonly kind: 'cron'; readonly pattern: string; readonly timezone: string };

/**
 * Reads `cron(minutes hours day-of-month month day-of-week year)` or `rate(5 minutes)`, as EventBridge does.
 *
 * @param expression - as in serverless.yml
 * @param timezone - of the fields, by its name in IANA's database
 * @throws {@link ConfigError} naming `variable` if the expression is not one
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 */
export function readSchedule(expression: string, variable: string, timezone = 'UTC'): Schedule {
  try {
    const seconds = rateSeconds(expression);
    if (seconds !== undefined) return { kind: 'rate', seconds };
    const pattern = cronPattern(expression);
    // It only tells whether croner understands the pattern.
    cronOf(pattern, timezone);
    return { kind: 'cron', pattern, timezone };
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
 * Daylight saving neither skips a firing nor repeats one. A time that a day does not have is as much later as clocks are
 * put forward, and of one that a day has twice the first counts. What fires in every hour does so in the hours that pass.
 *
 * @returns undefined if never again, and for a rate: its phase is EventBridge's secret
 */
export function nextFiring(schedule: Schedule, after: Date): Date | undefined {
  if (schedule.kind === 'rate') return undefined;
  const { pattern, timezone } = schedule;
  if (firesEveryHour(pattern)) return cronOf(pattern, timezone).nextRun(after) ?? undefined;
  return nearestFiring(schedule, after, 1);
}

/** When a schedule last fired before an instant; undefined where {@link nextFiring} is too, and if it never did. */
export function previousFiring(schedule: Schedule, before: Date): Date | undefined {
  if (schedule.kind === 'rate') return undefined;
  const { pattern, timezone } = schedule;
  if (firesEveryHour(pattern)) return cronOf(pattern, timezone).previousRuns(1, before)[0];
  return nearestFiring(schedule, before, -1);
}

/** Whether a clock on a wall may fire it at a time, as {@link wallClock} has it. */
export function firingAtWall({ pattern }: Extract<Schedule, { kind: 'cron' }>, wall: Date): boolean {
  return (
    cronOf(pattern, 'UTC')
      .previousRuns(1, new Date(wall.getTime() + 1000))[0]
      ?.getTime() === wall.getTime()
  );
}

/** No clock is put forward or back by more. */
const LONGEST_CHANGE_MS = 3 * 3_600_000;

/**
 * The firing next to an instant, by the times that clocks on walls show. Times around a change of clocks come in another
 * order than their instants, so all are looked at that may lie between.
 */
function nearestFiring(
  { pattern, timezone }: Extract<Schedule, { kind: 'cron' }>,
  instant: Date,
  direction: 1 | -1,
): Date | undefined {
  const job = cronOf(pattern, 'UTC');
  const beyond = (from: Date) => (direction === 1 ? job.nextRun(from) : job.previousRuns(1, from)[0]) ?? undefined;
  const isNearer = (one: Date, other: Date) => direction * (one.getTime() - other.getTime()) < 0;
  const begin = wallClock(instant, timezone).getTime() - direction * LONGEST_CHANGE_MS;
  let nearest: { readonly wall: number; readonly at: Date } | undefined;
  for (let wall = beyond(new Date(begin)); wall; wall = beyond(wall)) {
    if (nearest && direction * (wall.getTime() - nearest.wall) > LONGEST_CHANGE_MS) break;
    const at = instantOf(wall, timezone);
    if (isNearer(instant, at) && (!nearest || isNearer(at, nearest.at))) nearest = { wall: wall.getTime(), at };
  }
  return nearest?.at;
}

/** Its fields begin with seconds, minutes and hours. */
function firesEveryHour(pattern: string): boolean {
  return pattern.split(' ')[2] === '*';
}

/** Paused: it only tells when. */
function cronOf(pattern: string, timezone: string): Cron {
  return new Cron(pattern, { timezone, mode: '7-part', paused: true });
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
