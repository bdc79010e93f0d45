import type { Logger } from 'pino';
import type { Channel } from '../../layers/settings/channels.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import type { Pings } from '../../layers/webhook/pings.ts';
import type { LinkConfig } from './links.ts';

/** What notify works with. */
export interface NotifyDeps {
  readonly vault: Vault;
  readonly databases: readonly string[];
  readonly channels: readonly Channel[];
  readonly pings: Pick<Pings, 'fail'>;
  readonly links: LinkConfig;
  readonly log: Logger;
  readonly clock: () => Date;
  /** An id that nobody had before: by it a redelivery of a request differs from the first. */
  readonly newId: () => string;
}
