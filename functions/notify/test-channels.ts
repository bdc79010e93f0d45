import { textOf } from '../../layers/backup/errors.ts';
import type { Notification } from '../../layers/backup/notification.ts';
import type { Channel } from '../../layers/settings/channels.ts';
import { deliver } from './channels/deliver.ts';
import { incidentOf } from './channels/incident.ts';
import { type LinkConfig, statusOf } from './links.ts';

/** How a channel took a test. */
export interface TestOutcome {
  readonly channel: string;
  readonly taken: boolean;
  /** Why not, or why only some of the people got it. */
  readonly problem?: string;
}

export interface TestDeps {
  readonly channels: readonly Channel[];
  readonly vault: { readonly bucket: string; readonly prefix: string };
  readonly links: LinkConfig;
  /** Of who asked for it. */
  readonly now: Date;
  readonly requestId: string;
}

/**
 * Sends each channel a message that says that it is a test. What opens an incident gets its end too, so that none stays
 * open.
 */
export async function testChannels({ channels, vault, links, now, requestId }: TestDeps): Promise<TestOutcome[]> {
  const firing = testMessage(now, requestId, links);
  const incident = incidentOf(vault, firing);
  const test = async (channel: Channel): Promise<TestOutcome> => {
    try {
      const remark = await deliver(channel, { told: firing, incident }, now);
      if (hasIncidents(channel)) {
        const resolved = { ...firing, status: 'resolved', resolvedAt: firing.at } as const;
        await deliver(channel, { told: resolved, incident }, now);
      }
      return { channel: channel.name, taken: remark === undefined, ...(remark !== undefined && { problem: remark }) };
    } catch (error) {
      return { channel: channel.name, taken: false, problem: textOf(error) };
    }
  };
  return Promise.all(channels.map(test));
}

function hasIncidents({ kind }: Channel): boolean {
  return kind === 'pagerduty' || kind === 'opsgenie';
}

function testMessage(now: Date, requestId: string, { server, statusUrl, runbookUrl }: LinkConfig): Notification {
  const at = now.toISOString();
  return {
    ...{ format: 'pgvouch/failure', formatVersion: 1, at, function: 'notify', attempts: 1, requestId },
    error: { type: 'Test', problem: 'This is a test. Nothing failed, and you need to do nothing.' },
    ...{ status: 'firing', since: at, count: 1, test: true, ...(server !== undefined && { server }) },
    links: {
      ...(statusUrl !== undefined && { status: statusOf(statusUrl, server) }),
      runbook: runbookUrl ?? 'docs/runbook.md',
    },
  };
}
