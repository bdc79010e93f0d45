import type { Lsn } from './lsn.ts';
import { segmentNumber, segmentStart } from './segments.ts';

/** How much WAL a server keeps beyond its own needs. */
export interface KeepSizes {
  /** `max_slot_wal_keep_size`: the most that slots hold back; undefined without a limit. */
  readonly slotBytes: number | undefined;
  /** `wal_keep_size`: kept in any case. */
  readonly alwaysBytes: number;
}

/**
 * How much WAL the server may still write before a slot loses the WAL that it holds: what PostgreSQL shows as
 * `safe_wal_size`. It says nothing about the room on the server's disk, for which no connection can ask.
 *
 * @param flushedTo - how far the server has come
 * @returns bytes, negative once the slot may lose its WAL at any time; undefined without a limit
 * @see src/backend/replication/slotfuncs.c, pg_get_replication_slots
 */
export function slotRoomBytes(
  slot: { readonly restartLsn: Lsn; readonly flushedTo: Lsn },
  { slotBytes, alwaysBytes }: KeepSizes,
  segmentSizeBytes: number,
): number | undefined {
  // PostgreSQL shows none for 0 either.
  if (slotBytes === undefined || slotBytes === 0) return undefined;
  const kept = BigInt(Math.max(slotBytes, alwaysBytes)) / BigInt(segmentSizeBytes);
  const lostAt = segmentStart(segmentNumber(slot.restartLsn, segmentSizeBytes) + kept + 1n, segmentSizeBytes);
  return Number(lostAt - slot.flushedTo);
}
