import * as z from 'zod';
import { type DatabasePatterns, isChosen } from '../layers/backup/database-patterns.ts';
import { problemsOf } from '../layers/backup/document.ts';
import { EventError } from '../layers/backup/errors.ts';

export interface ScheduleFired {
  /** Whole seconds: the key of a backup holds no more. */
  readonly firedAt: Date;
  readonly database: string;
}

/**
 * How far ahead of this clock a firing may be dated. This is about what gets a name, not about what a backup is worth:
 * it stays well below the `CLOCK_TOLERANCE_MS` of `layers/backup/present.ts`, so that a backup whose firing was let pass
 * is of the present at once, even to a function whose own clock is ten minutes behind this one.
 */
const AHEAD_MS = 5 * 60_000;

/** EventBridge's own shape; our input transformers add what is in `detail`. */
export const scheduledEvent = z.object({
  source: z.literal('aws.events'),
  'detail-type': z.literal('Scheduled Event'),
  time: z.iso.datetime({ offset: true }),
  detail: z
    .object({
      ...{ database: z.string().optional(), schedule: z.string().optional(), timezone: z.string().optional() },
      refresh: z.string().optional(),
    })
    .optional(),
});

/** By which schedule databases are dumped that find is to find; undefined where a detail does not say. */
export function scheduleIn(
  detail: { readonly schedule?: string | undefined; readonly timezone?: string | undefined } = {},
) {
  const { schedule: expression, timezone = 'UTC' } = detail;
  return expression === undefined ? undefined : { expression, timezone };
}

/**
 * The event of a schedule that fired, as EventBridge sends it; `time` names the backup. With `database` it is for dump.
 *
 * @param id - another one for each event
 * @see https://docs.aws.amazon.com/eventbridge/latest/ref/events.html
 */
export function scheduleEvent(at: Date, id: string, detail: Readonly<Record<string, string>> = {}) {
  const time = at.toISOString().replace('.000Z', 'Z');
  return { version: '0', id, source: 'aws.events', 'detail-type': 'Scheduled Event', time, detail };
}

const byHand = z.strictObject({ database: z.string().optional(), time: z.iso.datetime().optional() });

/**
 * Schedule fired → which database to dump, and the instant that names the backup: the same on every redelivery.
 *
 * Takes EventBridge's scheduled event, and by hand `{}` or `{"database": "shop", "time": "2026-11-22T02:00:00Z"}`.
 *
 * @param databases - those configured; empty where they are not known, then the event's word is taken
 * @param patterns - where others may be found on the server
 * @throws {@link EventError} if it is neither, names no configured database, or fired in the future
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
 */
export function parseScheduleFired(
  event: unknown,
  {
    now,
    databases,
    patterns,
  }: { readonly now: Date; readonly databases: readonly string[]; readonly patterns?: DatabasePatterns | undefined },
): ScheduleFired {
  const { time, database } = readShape(event);
  return { firedAt: firedAtOf(time, now), database: chooseDatabase(database, databases, patterns) };
}

/**
 * The instant that a firing is named by, in whole seconds.
 *
 * @param time - as the event has it; now if it has none
 * @throws {@link EventError} if it lies in the future
 */
export function firedAtOf(time: string | undefined, now: Date): Date {
  const at = time === undefined ? now : new Date(time);
  const firedAt = new Date(Math.floor(at.getTime() / 1000) * 1000);
  if (firedAt.getTime() - now.getTime() > AHEAD_MS) {
    throw notOurs(
      `time ${firedAt.toISOString()} is in the future: it is ${now.toISOString()} here`,
      'one of the two clocks is wrong: set it (NTP)',
    );
  }
  return firedAt;
}

function readShape(event: unknown): { time: string | undefined; database: string | undefined } {
  const scheduled = event !== null && typeof event === 'object' && 'source' in event;
  const parsed = (scheduled ? scheduledEvent : byHand).safeParse(event);
  if (!parsed.success) {
    throw notOurs(
      problemsOf(parsed.error),
      'send EventBridge\'s scheduled event, {} or {"database": "<name>", "time": "2026-11-22T02:00:00Z"}',
    );
  }
  const { time } = parsed.data;
  const database = 'source' in parsed.data ? parsed.data.detail?.database : parsed.data.database;
  return { time, database };
}

function chooseDatabase(
  database: string | undefined,
  databases: readonly string[],
  patterns: DatabasePatterns | undefined,
): string {
  const known = [...databases, ...(patterns?.include ?? [])];
  const configured = known.map((name) => JSON.stringify(name)).join(', ');
  if (database === undefined) {
    const [only] = databases;
    if (only !== undefined && known.length === 1) return only;
    throw notOurs('it does not name a database', `name it: {"database": …} with one of ${configured || 'yours'}`);
  }
  const isConfigured = patterns ? isChosen(patterns, database) : databases.includes(database);
  if (known.length === 0 || isConfigured) return database;
  throw notOurs(`database ${JSON.stringify(database.slice(0, 63))} is not configured`, `configured are ${configured}`);
}

function notOurs(problem: string, hint: string): EventError {
  return new EventError({ operation: 'read event', subject: 'schedule fired', problem, hint });
}
