import type { Logger } from 'pino';
import type { ConnectionTarget } from '../postgres/connect/target.ts';
import { openWalsender, type Walsender } from '../postgres/replication/walsender.ts';
import type { Recipients } from '../seal/recipients.ts';
import type { Vault } from '../vault/vault.ts';
import { formatLsn } from '../wal/lsn.ts';
import { nothingStored, type WalAnswer } from './answer.ts';
import { archive } from './archive.ts';
import { askServer } from './ask-server.ts';
import { bucketGap } from './bucket-gap.ts';
import { recordCluster } from './record-cluster.ts';
import { isSlotBusy, slotGone } from './refusals.ts';
import type { WalRequest } from './request.ts';
import { sayWindow } from './say-window.ts';
import { openStatusKeeper } from './status-keeper.ts';
import { survey } from './survey.ts';
import { openWalStore } from './wal-store.ts';

export interface WalDeps {
  readonly vault: Vault;
  /** For whom WAL and base backups are sealed; undefined to leave them open. */
  readonly recipients?: Recipients | undefined;
  /** Whom to connect as for replication, and where. */
  readonly target: () => Promise<ConnectionTarget>;
  readonly log: Logger;
  readonly clock: () => Date;
}

/**
 * Brings the WAL that a server has written into the bucket, from where the bucket's own ends.
 *
 * It may be run at any time, by several at once, and be killed at any time: the slot lets one at a time stream, and the
 * server never hears of WAL that is not in the bucket.
 *
 * @throws {@link ConfigError}, {@link DumpError}, {@link VaultError} that say what to do
 */
export async function wal(deps: WalDeps, request: WalRequest): Promise<WalAnswer> {
  const walsender = await openWalsender(await deps.target(), 'pgvouch wal');
  try {
    return await run(deps, request, walsender);
  } finally {
    await walsender.end();
  }
}

async function run(
  { vault, recipients, target, log, clock }: WalDeps,
  request: WalRequest,
  walsender: Walsender,
): Promise<WalAnswer> {
  const { slot, windowDays, deadline } = request;
  const { signal } = deadline;
  const askedAt = clock();
  const server = await askServer(walsender, slot);
  const keeper = (ageMs?: number) => openStatusKeeper({ vault, log, clock, signal }, server, askedAt, ageMs);
  const { restartLsn } = server;
  if (restartLsn === undefined) {
    await keeper().slotGone();
    throw slotGone(server);
  }
  const found = await survey(vault, walsender, { ...server, restartLsn }, signal);
  const { identity, segmentSizeBytes, tip, partial, isNew } = found;
  // Of a slot that was made anew the bucket says still that it is gone: that is not left to stand.
  const status = keeper(isNew ? undefined : ageOf(found.statusAt, vault.storeTime() ?? clock()));
  const { systemIdentifier } = identity;
  const stored = nothingStored();
  const store = openWalStore({ vault, recipients, systemIdentifier, segmentSizeBytes, signal, stored });
  const gap = isNew ? await bucketGap(vault, found, signal) : undefined;
  if (gap)
    log.error({ systemIdentifier, ...gap }, 'WAL is missing that the server no longer keeps: take a base backup');
  if (isNew) await recordCluster({ vault, clock, signal }, found, await target());
  await sayWindow({ vault, clock, signal }, found, windowDays);
  if (tip.timeline > 1 && partial === undefined) {
    // Before the timeline's first segment.
    await store.putHistory(tip.timeline, (await walsender.timelineHistory(tip.timeline)).text);
  }
  const about = { systemIdentifier, ...(gap && { gap }) };
  try {
    const { timeline, lsn, caughtUp } = await archive({ walsender, store, status, log, stored }, found, request);
    await status.ended({ timeline, flushedTo: identity.flushedTo, restartLsn, storedTo: lsn });
    const answer = { outcome: 'stored', ...about, timeline, lsn: formatLsn(lsn), caughtUp, ...stored } as const;
    log.info({ ...answer, durationMs: deadline.usedMs() }, 'WAL stored');
    return answer;
  } catch (error) {
    if (!isSlotBusy(error)) throw error;
    const lsn = formatLsn(tip.lsn);
    const answer = { outcome: 'busy', ...about, timeline: tip.timeline, lsn, caughtUp: false, ...stored } as const;
    log.info(answer, 'another run is at work: it has the slot');
    return answer;
  }
}

function ageOf(at: Date | undefined, now: Date): number | undefined {
  return at && now.getTime() - at.getTime();
}
