import * as z from 'zod';
import { problemsOf } from '../layers/backup/document.ts';
import { EventError } from '../layers/backup/errors.ts';
import { firedAtOf, scheduledEvent, scheduleEvent, scheduleIn } from './schedule-fired.ts';

const byHand = z.strictObject({
  time: z.iso.datetime().optional(),
  schedule: z.string().optional(),
  timezone: z.string().optional(),
});
const answer = z.object({ firedAt: z.iso.datetime(), databases: z.array(z.string()) });

export interface FindFired {
  /** Names the backups of all databases that are found: the same on every redelivery. */
  readonly firedAt: Date;
  /** Those that are dumped by another schedule are found, and not dumped. All are where it is undefined. */
  readonly schedule?: { readonly expression: string; readonly timezone: string };
}

/**
 * Schedule fired → what find does.
 *
 * Takes EventBridge's scheduled event, to which our input adds `detail.schedule` and `detail.timezone`, and by hand `{}` or
 * `{"time": "2026-11-22T02:00:00Z"}`.
 *
 * @throws {@link EventError} if it is neither, or fired in the future
 */
export function parseFindFired(event: unknown, now: Date): FindFired {
  const isScheduled = event !== null && typeof event === 'object' && 'source' in event;
  const parsed = (isScheduled ? scheduledEvent : byHand).safeParse(event);
  if (parsed.success) {
    const schedule = scheduleIn('source' in parsed.data ? parsed.data.detail : parsed.data);
    return { firedAt: firedAtOf(parsed.data.time, now), ...(schedule && { schedule }) };
  }
  throw new EventError({
    ...{ operation: 'read event', subject: 'schedule fired', problem: problemsOf(parsed.error) },
    hint: 'send EventBridge\'s scheduled event, {} or {"time": "2026-11-22T02:00:00Z"}',
  });
}

/**
 * The events for dump that an answer of find leads to, in their order: of the firing that find was for.
 *
 * @param id - gives another one for each event
 */
export function dumpsOf(found: unknown, id: () => string) {
  const { firedAt, databases } = answer.parse(found);
  return databases.map((database) => scheduleEvent(new Date(firedAt), id(), { database }));
}
