import { setTimeout as delay } from 'node:timers/promises';
import type { FunctionFailed } from '../../events/function-failed.ts';
import { textOf } from '../../layers/backup/errors.ts';
import type { FailureRecord } from '../../layers/backup/failure.ts';
import { troubleKey } from '../../layers/backup/keys.ts';
import { kindOf } from '../../layers/backup/problem-kind.ts';
import { afterFailure, afterTelling, type Step } from '../../layers/backup/trouble.ts';
import { problemText } from './channels/message.ts';
import { type Concerned, concernedBackup } from './concerned-backup.ts';
import type { NotifyDeps } from './deps.ts';
import { type Recorded, recordFailure } from './failure-record.ts';
import { channelNames, type Facts, factsOf, tell } from './tell.ts';
import { updateTrouble } from './trouble-store.ts';

/** A vault that hangs may be the very failure: people hear of it before it has timed out. */
const VAULT_PATIENCE_MS = 10_000;

/**
 * A function failed for good → a failure record in the vault, then the dead-man's switch and the channels.
 *
 * People hear of the first failure of its kind, then daily; see {@link afterFailure}. Where the vault does not answer
 * they hear of it in any case: rather twice than never.
 *
 * @returns the record as it stands in the vault
 * @throws {@link VaultError} if the record cannot be written, after the message was sent
 */
export async function notifyFailure(deps: NotifyDeps, failed: FunctionFailed): Promise<FailureRecord> {
  const { others, ...concerned } = concernedBackup(failed, deps.vault, deps.databases);
  const { database, firedAt } = concerned;
  const failure = toRecord(failed, concerned);
  const { function: name, error, requestId } = failure;
  deps.log.error(
    {
      ...{ database, failedFunction: name, failedRequestId: requestId },
      ...{ errorType: error.type, problem: error.problem, attempts: failure.attempts },
    },
    'backup failure',
  );
  const recording = recordFailure(deps.vault, failure);
  const pinging = deps.pings.fail(
    { ...(database !== undefined && { database }), ...(firedAt && { firedAt }) },
    problemText(failure),
  );
  const recorded = await withPatience(recording);
  const more = others > 0 ? { others } : {};
  if (typeof recorded === 'string') {
    const alone = { status: 'firing', since: failure.at, count: 1, ...more } as const;
    await tell(deps, channelNames(deps, database), failure, { ...alone, unrecorded: recorded });
  } else {
    await tellOnce(deps, recorded, more);
  }
  await pinging;
  return (await recording).record;
}

/** Tells people unless they know, and writes down that they do. */
async function tellOnce(deps: NotifyDeps, { record, isNew }: Recorded, more: Partial<Facts>): Promise<void> {
  const { vault, log, clock } = deps;
  const key = troubleKey(vault.prefix, record.database, record.function);
  const by = deps.newId();
  const channels = channelNames(deps, record.database);
  let step: Step;
  try {
    step = await updateTrouble(vault, key, (known) =>
      afterFailure(known, record, isNew, { now: clock(), by, channels }),
    );
  } catch (error) {
    log.error({ key, err: error }, 'cannot update the trouble record: notifying anyway');
    await tell(deps, channels, record, { status: 'firing', since: record.at, count: 1, ...more });
    return;
  }
  if (step.action !== 'tell') return;
  const took = await tell(deps, step.to, record, { ...factsOf(step.write), ...more });
  try {
    await updateTrouble(vault, key, (known) =>
      known === undefined
        ? { action: 'nothing' }
        : { action: 'quiet', write: afterTelling(known, kindOf(record), took, { now: clock(), by, channels }) },
    );
  } catch (error) {
    log.error({ key, err: error }, 'cannot record that people were notified: they will be notified again');
  }
}

function toRecord(
  failed: FunctionFailed,
  { function: name, database, firedAt }: Omit<Concerned, 'others'>,
): FailureRecord {
  return {
    format: 'pgvouch/failure',
    formatVersion: 1,
    at: failed.at.toISOString(),
    function: name ?? failed.function,
    ...(database !== undefined && { database }),
    ...(firedAt && { firedAt: firedAt.toISOString() }),
    error: failed.error,
    attempts: failed.attempts,
    requestId: failed.requestId,
  };
}

/** @returns what was recorded, or why it is not */
async function withPatience(recording: Promise<Recorded>): Promise<Recorded | string> {
  const settled = new AbortController();
  const outcome = recording.catch(textOf).finally(() => settled.abort());
  const patience = delay(VAULT_PATIENCE_MS, 'the store does not answer', { signal: settled.signal });
  // Aborted only once there is an outcome.
  return Promise.race([outcome, patience.catch(() => outcome)]);
}
