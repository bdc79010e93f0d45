import type { FunctionSucceeded } from '../../events/function-succeeded.ts';
import { troubleKey } from '../../layers/backup/keys.ts';
import { afterResolving, afterSuccess } from '../../layers/backup/trouble.ts';
import type { NotifyDeps } from './deps.ts';
import { type EndedTrouble, endedTroubles } from './ended-troubles.ts';
import { channelNames, factsOf, tell } from './tell.ts';
import { updateTrouble } from './trouble-store.ts';

/**
 * A function succeeded → people who heard of its failures hear, once, that they are over. Where there were none
 * it costs one GET for every database concerned.
 *
 * @throws {@link VaultError} if the vault does not answer: the platform tries again
 */
export async function notifySuccess(deps: NotifyDeps, succeeded: FunctionSucceeded): Promise<void> {
  for (const ended of endedTroubles(succeeded, deps.vault, deps.databases)) await resolve(deps, succeeded, ended);
}

async function resolve(deps: NotifyDeps, succeeded: FunctionSucceeded, ended: EndedTrouble): Promise<void> {
  const { vault, clock } = deps;
  const { at } = succeeded;
  const name = ended.function ?? succeeded.function;
  const by = deps.newId();
  const key = troubleKey(vault.prefix, ended.database, name);
  const success = { at, ...(ended.firedAt && { firedAt: ended.firedAt }) };
  const channels = channelNames(deps, ended.database);
  const step = await updateTrouble(vault, key, (known) => afterSuccess(known, success, { now: clock(), by, channels }));
  if (step.write === undefined) return;
  const { failure, resolvedAt = at.toISOString() } = step.write;
  const facts = { ...factsOf(step.write), status: 'resolved', resolvedAt } as const;
  deps.log.info({ database: failure.database, failedFunction: name, since: facts.since }, 'backup failure resolved');
  if (step.action !== 'tell') return;
  const { to } = step;
  const took = await tell(deps, to, failure, facts);
  await updateTrouble(vault, key, (known) =>
    known === undefined ? { action: 'nothing' } : { action: 'quiet', write: afterResolving(known, at, to, took) },
  );
}
