import type { Notification } from '../../../layers/backup/notification.ts';
import { shorten } from '../../../layers/words/texts.ts';
import { urgencyOf } from './incident.ts';
import { linksOf, ownerIn, plainMessage } from './message.ts';

/** In characters. */
const LONGEST = { summary: 1_024, part: 20_000 };

const SEVERITY = { test: 'info', high: 'error', highest: 'critical' } as const;

/**
 * An event for PagerDuty: a failure triggers an incident, its end resolves it.
 *
 * @param key - the integration key of a service: it stands in the body, not in the URL
 * @param incident - the same from the first failure to the end
 * @see https://developer.pagerduty.com/docs/send-alert-event
 */
export function pagerdutyBody(key: string, told: Notification, incident: string) {
  const event = { routing_key: key, dedup_key: incident };
  if (told.status === 'resolved') return { ...event, event_action: 'resolve' };
  const text = plainMessage(told, LONGEST.part);
  const [summary = ''] = text.split('\n', 1);
  const { error, at } = told;
  return {
    ...event,
    event_action: 'trigger',
    client: 'pgvouch',
    payload: {
      summary: shorten(summary, LONGEST.summary - 10),
      source: ownerIn(told) ?? 'pgvouch',
      severity: SEVERITY[urgencyOf(told)],
      timestamp: at,
      component: told.function,
      class: error.type,
      custom_details: { message: text },
    },
    links: linksOf(told).map(({ title, url }) => ({ href: url, text: title })),
  };
}

/** @param api - `https://events.pagerduty.com`, or that of the EU */
export function pagerdutyUrl(api: string): string {
  return `${api}/v2/enqueue`;
}
