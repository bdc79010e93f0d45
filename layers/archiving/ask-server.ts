import type { SystemIdentity, Walsender } from '../postgres/replication/walsender.ts';
import type { KeepSizes } from '../wal/slot-room.ts';

/** What the server says as a run begins. */
export interface ServerState {
  readonly identity: SystemIdentity;
  readonly segmentSizeBytes: number;
  readonly keepSizes: KeepSizes;
  readonly slot: string;
  readonly slotState: 'held' | 'lost' | 'missing';
  /** From here on the server keeps WAL for the slot; undefined unless it is held. */
  readonly restartLsn: bigint | undefined;
}

export async function askServer(walsender: Walsender, slot: string): Promise<ServerState> {
  const identity = await walsender.identify();
  const segmentSizeBytes = await walsender.segmentSize();
  const keepSizes = await walsender.keepSizes();
  const kept = await walsender.readSlot(slot);
  const restartLsn = kept?.restartLsn;
  const slotState = kept === undefined ? 'missing' : restartLsn === undefined ? 'lost' : 'held';
  return { identity, segmentSizeBytes, keepSizes, slot, slotState, restartLsn };
}
