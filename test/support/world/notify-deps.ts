import { randomUUID } from 'node:crypto';
import pino from 'pino';
import type { NotifyDeps } from '../../../functions/notify/deps.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { openPings } from '../../../layers/webhook/pings.ts';

export interface NotifyChanges extends Partial<Omit<NotifyDeps, 'pings' | 'vault' | 'log'>> {
  readonly webhookUrl?: string | undefined;
  readonly webhookFormat?: 'text' | 'json';
  readonly pingUrl?: string | undefined;
}

const webhook = { kind: 'webhook', name: 'webhook' } as const;

/** What notify's handler builds, with the real pings, and every line that it logs. */
export function notifyDeps(
  vault: Vault,
  { webhookUrl, webhookFormat = 'text', pingUrl, ...changes }: NotifyChanges = {},
) {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const { databases = ['shop'], clock = () => new Date() } = changes;
  const source = pingUrl === undefined ? undefined : { name: 'BACKUP_PING_URL', value: pingUrl };
  const deps: NotifyDeps = {
    vault,
    databases,
    channels:
      webhookUrl === undefined
        ? []
        : [{ ...webhook, url: { name: 'BACKUP_WEBHOOK_URL', value: webhookUrl }, format: webhookFormat }],
    pings: openPings({ source, databases, log, clock }),
    links: { statusUrl: undefined, runbookUrl: undefined },
    log,
    clock,
    newId: randomUUID,
    ...changes,
  };
  return { deps, lines };
}
