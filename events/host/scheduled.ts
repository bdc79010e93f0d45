import type { DumpSchedule } from '../../layers/schedule/dump-schedules.ts';
import { scheduledEvent, scheduleEvent, scheduleIn } from '../schedule-fired.ts';

/** EventBridge's event, by the clock of the host. */
export function scheduled(at: Date, detail?: Readonly<Record<string, string>>) {
  return scheduleEvent(at, crypto.randomUUID(), detail);
}

/** What is known of an event of a schedule. */
export interface Scheduled {
  readonly dueAt: Date;
  readonly database?: string;
  /** Of find: whose databases it is about; all where it does not say. */
  readonly schedule?: DumpSchedule;
  /** Of refresh: which one. */
  readonly refresh?: string;
}

/** Undefined for any other event. */
export function readScheduled(event: unknown): Scheduled | undefined {
  const { success, data } = scheduledEvent.safeParse(event);
  if (!success) return undefined;
  const { database, refresh } = data.detail ?? {};
  const schedule = scheduleIn(data.detail);
  return {
    ...{ dueAt: new Date(data.time), ...(schedule && { schedule }) },
    ...(database !== undefined && { database }),
    ...(refresh !== undefined && { refresh }),
  };
}
