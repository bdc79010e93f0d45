import { textOf } from '../../layers/backup/errors.ts';
import type { FailureRecord } from '../../layers/backup/failure.ts';
import type { Notification } from '../../layers/backup/notification.ts';
import type { Trouble } from '../../layers/backup/trouble.ts';
import { channelsFor } from '../../layers/settings/channels.ts';
import { commandsFor } from '../../layers/words/commands.ts';
import { deliver } from './channels/deliver.ts';
import { incidentOf } from './channels/incident.ts';
import type { NotifyDeps } from './deps.ts';
import { linksFor } from './links.ts';

/** What a message says beside the failure itself. */
export type Facts = Pick<Notification, 'status' | 'since' | 'count'> &
  Partial<Pick<Notification, 'resolvedAt' | 'others' | 'unrecorded'>>;

/**
 * Tells people by the channels named, all at the same time, each in its own form. One that is down, slow or refusing is
 * logged and hurts no other.
 *
 * @param to - the names of channels
 * @returns the names of those that took the message
 */
export async function tell(
  deps: NotifyDeps,
  to: readonly string[],
  failure: FailureRecord,
  facts: Facts,
): Promise<readonly string[]> {
  const { vault, channels, links, log, clock } = deps;
  const { server } = links;
  const { hint } = failure.error;
  const told: Notification = {
    ...{ ...failure, ...facts, ...(server !== undefined && { server }) },
    error: { ...failure.error, ...(hint !== undefined && { hint: commandsFor(server, hint) }) },
    links: linksFor(failure, links),
  };
  const message = { told, incident: incidentOf(vault, told) };
  const about = { database: failure.database, failedFunction: failure.function, status: facts.status };
  const taken = channels
    .filter(({ name }) => to.includes(name))
    .map(async (channel) => {
      const { name, kind } = channel;
      try {
        const remark = await deliver(channel, message, clock());
        if (remark !== undefined)
          log.warn({ ...about, channel: name, problem: remark }, `${kind} took it for some only`);
        log.info({ ...about, channel: name }, `${kind} notified`);
        return [name];
      } catch (error) {
        log.error({ ...about, channel: name, problem: textOf(error) }, `${kind} not notified`);
        return [];
      }
    });
  return (await Promise.all(taken)).flat();
}

/** The names of the channels that take messages about a database, or about none. */
export function channelNames({ channels }: NotifyDeps, database: string | undefined): readonly string[] {
  return channelsFor(channels, database).map(({ name }) => name);
}

/** What a trouble says for the message of its newest failure. */
export function factsOf({ since, count }: Trouble): Facts {
  return { status: 'firing', since, count };
}
