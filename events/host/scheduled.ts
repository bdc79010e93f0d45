import { scheduledEvent } from '../schedule-fired.ts';

/** EventBridge's event; `time` names the backup. @see https://docs.aws.amazon.com/eventbridge/latest/ref/events.html */
export function scheduled(at: Date, detail: Readonly<Record<string, string>> = {}) {
  const time = at.toISOString().replace('.000Z', 'Z');
  return {
    version: '0',
    id: crypto.randomUUID(),
    source: 'aws.events',
    'detail-type': 'Scheduled Event',
    time,
    detail,
  };
}

/** When an event of a schedule was due, and for which database; undefined for any other event. */
export function readScheduled(event: unknown): { readonly dueAt: Date; readonly database?: string } | undefined {
  const { success, data } = scheduledEvent.safeParse(event);
  if (!success) return undefined;
  const database = data.detail?.database;
  return { dueAt: new Date(data.time), ...(database !== undefined && { database }) };
}
