import type { FunctionEnded } from '../../events/function-ended.ts';
import type { FailureRecord } from '../../layers/backup/failure.ts';
import type { NotifyDeps } from './deps.ts';
import { notifyFailure } from './notify-failure.ts';
import { notifySuccess } from './notify-success.ts';

/**
 * A function ended → people know: of its failure, or that its failures are over.
 *
 * @returns the record of a failure as it stands in the vault
 * @throws {@link VaultError} if the vault failed; the message of a failure was sent by then
 */
export async function notify(deps: NotifyDeps, ended: FunctionEnded): Promise<FailureRecord | undefined> {
  if (ended.outcome === 'failed') return notifyFailure(deps, ended.failed);
  if (ended.outcome === 'succeeded') await notifySuccess(deps, ended.succeeded);
  return undefined;
}
