import { scheduledEvent, scheduleEvent } from '../schedule-fired.ts';

/** EventBridge's event, by the clock of the host. */
export function scheduled(at: Date, detail?: Readonly<Record<string, string>>) {
  return scheduleEvent(at, crypto.randomUUID(), detail);
}

/** When an event of a schedule was due, and for which database; undefined for any other event. */
export function readScheduled(event: unknown): { readonly dueAt: Date; readonly database?: string } | undefined {
  const { success, data } = scheduledEvent.safeParse(event);
  if (!success) return undefined;
  const database = data.detail?.database;
  return { dueAt: new Date(data.time), ...(database !== undefined && { database }) };
}
