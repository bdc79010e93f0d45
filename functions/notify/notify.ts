import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { FunctionFailed } from '../../events/function-failed.ts';
import type { SecretSource } from '../../layers/backup/environment.ts';
import { textOf } from '../../layers/backup/errors.ts';
import type { FailureRecord } from '../../layers/backup/failure.ts';
import { readSecret } from '../../layers/secrets/read-secret.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import { type Concerned, concernedBackup } from './concerned-backup.ts';
import { recordFailure } from './failure-record.ts';
import { failureMessage } from './message.ts';
import { postToWebhook } from './webhook.ts';

export interface NotifyDeps {
  readonly vault: Vault;
  readonly databases: readonly string[];
  readonly webhook: SecretSource | undefined;
  readonly log: Logger;
}

/** A vault that hangs may be the very failure: people are told before it has timed out. */
const VAULT_PATIENCE_MS = 10_000;

/**
 * A function failed for good → a failure record in the vault, then the webhook.
 *
 * A webhook that is down, slow or refusing is logged and hurts nothing. A redelivery writes no second record, but tells
 * again: rather twice than never.
 *
 * @param now - for the age of a secret that was read before
 * @returns the record as it stands in the vault
 * @throws {@link VaultError} if the record cannot be written, after people were told
 */
export async function notify(deps: NotifyDeps, failed: FunctionFailed, now: Date): Promise<FailureRecord> {
  const concerned = concernedBackup(failed, deps.vault, deps.databases);
  const failure = toRecord(failed, concerned);
  const { database, function: name, error, requestId } = failure;
  const log = deps.log.child({ database, failedFunction: name, failedRequestId: requestId });
  log.error({ errorType: error.type, problem: error.problem, attempts: failure.attempts }, 'backup failure');

  const recording = recordFailure(deps.vault, failure);
  const unrecorded = await withPatience(recording);
  const message = failureMessage(failure, { others: concerned.others, ...(unrecorded && { unrecorded }) });
  await tell(deps.webhook, message, log, now);
  return await recording;
}

function toRecord(failed: FunctionFailed, { database, firedAt }: Concerned): FailureRecord {
  return {
    format: 'pgvouch/failure',
    formatVersion: 1,
    at: failed.at.toISOString(),
    function: failed.function,
    ...(database !== undefined && { database }),
    ...(firedAt && { firedAt: firedAt.toISOString() }),
    error: failed.error,
    attempts: failed.attempts,
    requestId: failed.requestId,
  };
}

/** @returns why the record is not written, if it is not */
async function withPatience(recording: Promise<FailureRecord>): Promise<string | undefined> {
  const settled = new AbortController();
  const outcome = recording.then(() => undefined, textOf).finally(() => settled.abort());
  const patience = delay(VAULT_PATIENCE_MS, 'the store does not answer', { signal: settled.signal });
  // Aborted only once there is an outcome.
  return Promise.race([outcome, patience.catch(() => outcome)]);
}

async function tell(webhook: SecretSource | undefined, message: string, log: Logger, now: Date): Promise<void> {
  if (webhook === undefined) return;
  try {
    await postToWebhook(await readSecret(webhook, now.getTime()), message);
    log.info('webhook told');
  } catch (error) {
    log.error({ problem: textOf(error) }, 'webhook not told');
  }
}
