import type { Vault } from '../vault/vault.ts';
import type { WalObject } from '../wal/holdings.ts';
import type { Lsn } from '../wal/lsn.ts';
import { mayEndThere } from '../wal/record-end.ts';
import { offsetInSegment, segmentNumber } from '../wal/segments.ts';
import { readWalObject } from './wal-bytes.ts';

/** The WAL that a recovery had. */
export interface WalRead {
  readonly objects: readonly WalObject[];
  /** The position after its last byte. */
  readonly to: Lsn;
  readonly segmentSizeBytes: number;
}

/**
 * Whether a recovery to the end of the WAL ended before it. PostgreSQL takes a record that is broken for the end, and opens.
 *
 * @param endedAt - the end of the last record that was replayed
 * @throws {@link VaultError} if the WAL cannot be read
 */
export async function endsEarly(
  vault: Pick<Vault, 'getBytes' | 'open'>,
  { objects, to, segmentSizeBytes }: WalRead,
  endedAt: Lsn,
  signal: AbortSignal,
): Promise<boolean> {
  const number = segmentNumber(endedAt, segmentSizeBytes);
  const object = objects.find((one) => one.number === number);
  if (object === undefined || endedAt >= to) return false;
  const segment = await readWalObject(vault, object, segmentSizeBytes, signal);
  const offset = offsetInSegment(endedAt, segmentSizeBytes);
  return !mayEndThere({ segment, offset, endOffset: object.endOffset, followingBytes: Number(to - endedAt) });
}
