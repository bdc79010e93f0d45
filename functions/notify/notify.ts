import type { Logger } from 'pino';
import type { FunctionEnded } from '../../events/function-ended.ts';
import type { SecretSource } from '../../layers/backup/environment.ts';
import type { FailureRecord } from '../../layers/backup/failure.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import type { Pings } from '../../layers/webhook/pings.ts';
import type { WebhookFormat } from './config.ts';
import { notifyFailure } from './failure.ts';
import type { LinkConfig } from './links.ts';
import { notifySuccess } from './success.ts';

export interface NotifyDeps {
  readonly vault: Vault;
  readonly databases: readonly string[];
  readonly webhook: SecretSource | undefined;
  readonly webhookFormat: WebhookFormat;
  readonly pings: Pick<Pings, 'fail'>;
  readonly links: LinkConfig;
  readonly log: Logger;
  readonly clock: () => Date;
  /** An id that nobody had before: a redelivery of a request is told from the first by it. */
  readonly newId: () => string;
}

/**
 * A function ended → people know: of its failure, or that its failures are over.
 *
 * @returns the record of a failure as it stands in the vault
 * @throws {@link VaultError} if the vault failed; of a failure people were told by then
 */
export async function notify(deps: NotifyDeps, ended: FunctionEnded): Promise<FailureRecord | undefined> {
  if (ended.outcome === 'failed') return notifyFailure(deps, ended.failed);
  await notifySuccess(deps, ended.succeeded);
  return undefined;
}
