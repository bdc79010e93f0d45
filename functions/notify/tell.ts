import { textOf } from '../../layers/backup/errors.ts';
import type { FailureRecord } from '../../layers/backup/failure.ts';
import type { Notification } from '../../layers/backup/notification.ts';
import type { Trouble } from '../../layers/backup/trouble.ts';
import { readSecret } from '../../layers/secrets/read-secret.ts';
import { postTo } from '../../layers/webhook/post.ts';
import type { NotifyDeps } from './deps.ts';
import { linksFor } from './links.ts';
import { messageOf } from './message.ts';

/** What a message says beside the failure itself. */
export type Facts = Pick<Notification, 'status' | 'since' | 'count'> &
  Partial<Pick<Notification, 'resolvedAt' | 'others' | 'unrecorded'>>;

/**
 * Tells people by the webhook, in the configured format. One that is down, slow or refusing is logged and hurts nothing.
 *
 * @returns whether the message was sent
 * @see https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/
 */
export async function tell(deps: NotifyDeps, failure: FailureRecord, facts: Facts): Promise<boolean> {
  const { webhook, webhookFormat, links, log, clock } = deps;
  if (webhook === undefined) return false;
  const told: Notification = { ...failure, ...facts, links: linksFor(failure, links) };
  const about = { database: failure.database, failedFunction: failure.function, status: facts.status };
  try {
    const body = JSON.stringify(webhookFormat === 'json' ? told : { text: messageOf(told) });
    await postTo(await readSecret(webhook, clock().getTime()), { body, contentType: 'application/json' });
    log.info(about, 'webhook notified');
    return true;
  } catch (error) {
    log.error({ ...about, problem: textOf(error) }, 'webhook not notified');
    return false;
  }
}

/** What a trouble says for the message of its newest failure. */
export function factsOf({ since, count }: Trouble): Facts {
  return { status: 'firing', since, count };
}
