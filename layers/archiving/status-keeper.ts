import type { Logger } from 'pino';
import type { Vault } from '../vault/vault.ts';
import { walStatusKey } from '../wal/keys.ts';
import { formatLsn } from '../wal/lsn.ts';
import { slotRoomBytes } from '../wal/slot-room.ts';
import { parseWalStatus, WAL_STATUS_EVERY_MS, type WalStatus } from '../wal/wal-status.ts';
import type { ServerState } from './ask-server.ts';

/** How far server, slot and bucket have come. */
export interface Progress {
  readonly timeline: number;
  readonly flushedTo: bigint;
  readonly restartLsn: bigint;
  readonly storedTo: bigint;
}

/**
 * Keeps the status in the bucket not much older than {@link WAL_STATUS_EVERY_MS}. It is for people to look at: a run does
 * not fail for it.
 */
export interface StatusKeeper {
  /** In a run that goes on: writes one if the last one is old. */
  underWay(progress: Progress): Promise<void>;
  /** At a run's end: the same, and in any case if the bucket does not hold what the server had as the run began. */
  ended(progress: Progress): Promise<void>;
  /** The server keeps no WAL for the slot: writes that, where there is a status already. */
  slotGone(): Promise<void>;
}

interface KeeperDeps {
  readonly vault: Vault;
  readonly log: Logger;
  readonly clock: () => Date;
  readonly signal: AbortSignal;
}

/** For one status. */
const PATIENCE_MS = 10_000;
/** A shorter run says at its end how it stands. */
const LONG_RUN_MS = 60_000;

/**
 * @param askedAt - when the server said what `server` has
 * @param ageMs - of the status in the bucket; undefined if there is none
 */
export function openStatusKeeper(
  { vault, log, clock, signal }: KeeperDeps,
  server: ServerState,
  askedAt: Date,
  ageMs: number | undefined = WAL_STATUS_EVERY_MS,
): StatusKeeper {
  const { identity, keepSizes, segmentSizeBytes, slot, slotState } = server;
  const key = walStatusKey(vault.prefix, identity.systemIdentifier);
  let dueAtMs = askedAt.getTime() + WAL_STATUS_EVERY_MS - ageMs;
  let caughtUpAt: string | undefined;

  function note({ flushedTo, storedTo }: Progress, at: Date): boolean {
    const isCaughtUp = storedTo >= flushedTo;
    const text = at.toISOString();
    if (isCaughtUp && (caughtUpAt === undefined || text > caughtUpAt)) caughtUpAt = text;
    return isCaughtUp;
  }

  async function write({ timeline, flushedTo, restartLsn }: Omit<Progress, 'storedTo'>, at: Date): Promise<void> {
    dueAtMs = at.getTime() + WAL_STATUS_EVERY_MS;
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    try {
      caughtUpAt ??= (await former(patience))?.caughtUpAt;
      await put(
        { timeline, flushedLsn: formatLsn(flushedTo), slot: heldSlot({ restartLsn, flushedTo }) },
        at,
        patience,
      );
    } catch (error) {
      log.warn({ err: error, key }, 'how WAL archiving stands could not be written: metrics show an older state');
    }
  }

  function heldSlot(where: Pick<Progress, 'restartLsn' | 'flushedTo'>): WalStatus['slot'] {
    const roomBytes = slotRoomBytes(where, keepSizes, segmentSizeBytes);
    return {
      ...{ name: slot, state: 'held', restartLsn: formatLsn(where.restartLsn) },
      ...(keepSizes.slotBytes !== undefined && { limitBytes: keepSizes.slotBytes }),
      ...(roomBytes !== undefined && { roomBytes }),
    };
  }

  async function former(patience: AbortSignal): Promise<WalStatus | undefined> {
    const text = await vault.getText(key, patience);
    return text === undefined ? undefined : parseWalStatus(text, key);
  }

  async function put(facts: Pick<WalStatus, 'timeline' | 'flushedLsn' | 'slot'>, at: Date, patience: AbortSignal) {
    const status: WalStatus = {
      ...{ format: 'pgvouch/wal-status', formatVersion: 1, systemIdentifier: identity.systemIdentifier },
      ...{ askedAt: at.toISOString(), ...(caughtUpAt !== undefined && { caughtUpAt }), ...facts },
    };
    await vault.put(key, `${JSON.stringify(status, null, 2)}\n`, patience);
  }

  return {
    async underWay(progress) {
      const now = clock();
      note(progress, now);
      if (now.getTime() >= Math.max(dueAtMs, askedAt.getTime() + LONG_RUN_MS)) await write(progress, now);
    },
    async ended(progress) {
      if (!note(progress, askedAt) || clock().getTime() >= dueAtMs) await write(progress, askedAt);
    },
    async slotGone() {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
      try {
        const known = await former(patience);
        if (known === undefined) return;
        caughtUpAt = known.caughtUpAt;
        const { timeline, flushedTo } = identity;
        const gone = { name: slot, state: slotState };
        await put({ timeline, flushedLsn: formatLsn(flushedTo), slot: gone }, askedAt, patience);
      } catch (error) {
        log.warn({ err: error, key }, 'how WAL archiving stands could not be written: metrics show an older state');
      }
    },
  };
}
