import { readWalObject } from '../../../layers/recovery/wal-bytes.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { type Holdings, holdingsOf, isWhole, type WalObject } from '../../../layers/wal/holdings.ts';
import { walFolder } from '../../../layers/wal/keys.ts';
import { hex8, type Segment, segmentName } from '../../../layers/wal/segments.ts';
import type { Recovery } from './recovery-files.ts';

/** Which WAL, and where it is. */
export interface WalSource {
  readonly vault: Vault;
  readonly recovery: Recovery;
  readonly signal: AbortSignal;
}

/** What there is of a segment, and of at least so many after it on the same timeline. */
export async function look({ vault, recovery, signal }: WalSource, segment: Segment, ahead: number): Promise<Holdings> {
  const { systemIdentifier, segmentSizeBytes } = recovery;
  const folder = walFolder(vault.prefix, systemIdentifier);
  const nameOf = (number: bigint) => segmentName(segment.timeline, number, segmentSizeBytes);
  const last = nameOf(segment.number + BigInt(ahead));
  const listed = [];
  // A key of the segment itself sorts after its name.
  const after = `${folder}${nameOf(segment.number)}`;
  for await (const page of vault.listPages(`${folder}${hex8(segment.timeline)}`, { after, signal })) {
    listed.push(...page);
    if ((page.at(-1)?.key ?? '') > `${folder}${last}`) break;
  }
  return holdingsOf(vault.prefix, systemIdentifier, listed, segmentSizeBytes);
}

/** The finished segments that follow a segment without a gap. */
export function wholeAfter(holdings: Holdings, { timeline, number }: Segment): WalObject[] {
  const objects: WalObject[] = [];
  for (let next = number + 1n; ; next++) {
    const object = holdings.longest(timeline, next);
    if (object === undefined || !isWhole(object)) return objects;
    objects.push(object);
  }
}

/** The bytes of a segment, as {@link readWalObject} says. */
export function contentOf({ vault, recovery, signal }: WalSource, object: WalObject): Promise<Buffer> {
  return readWalObject(vault, object, recovery.segmentSizeBytes, signal);
}
