import type { Notification } from '../../../layers/backup/notification.ts';
import { shorten } from '../../../layers/words/texts.ts';
import { urgencyOf } from './incident.ts';
import { ownerIn, plainMessage } from './message.ts';

/** In characters. */
const LONGEST = { message: 130, description: 15_000, part: 4_000, entity: 512 };

const PRIORITY = { test: 'P5', high: 'P2', highest: 'P1' } as const;

/** A request to Opsgenie's Alert API, below its address. */
export interface OpsgenieRequest {
  readonly path: string;
  readonly body: object;
}

/**
 * A failure creates an alert, its end closes it.
 *
 * @param incident - the alias of the alert, the same from the first failure to the end
 * @see https://docs.opsgenie.com/docs/alert-api#create-alert
 * @see https://docs.opsgenie.com/docs/alert-api#close-alert
 */
export function opsgenieRequest(told: Notification, incident: string): OpsgenieRequest {
  const text = shorten(plainMessage(told, LONGEST.part), LONGEST.description - 10);
  if (told.status === 'resolved') {
    const path = `/v2/alerts/${encodeURIComponent(incident)}/close?identifierType=alias`;
    return { path, body: { source: 'pgvouch', note: text } };
  }
  const [message = ''] = text.split('\n', 1);
  const owner = ownerIn(told);
  const body = {
    ...{ message: shorten(message, LONGEST.message - 10), alias: incident, description: text },
    ...{ source: 'pgvouch', tags: ['pgvouch', told.function], priority: PRIORITY[urgencyOf(told)] },
    ...(owner !== undefined && { entity: shorten(owner, LONGEST.entity - 10) }),
  };
  return { path: '/v2/alerts', body };
}
