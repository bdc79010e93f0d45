import type { Vault } from '../vault/vault.ts';
import { holdingsOf } from '../wal/holdings.ts';
import { walFolder } from '../wal/keys.ts';
import { formatLsn } from '../wal/lsn.ts';
import type { Survey } from './survey.ts';

export interface BucketGap {
  /** The first byte that is missing, as far as the bucket has any before it; the position from which it goes on. */
  readonly from: string;
  readonly to: string;
}

/**
 * What is missing in the bucket before WAL is taken up where the bucket holds nothing: the slot was made anew, was lost, or
 * somebody else has used it. It lists all WAL of the cluster, and is asked once for each slot.
 *
 * @returns undefined in the first run: the bucket has no WAL of this cluster
 */
export async function bucketGap(
  vault: Vault,
  { identity, segmentSizeBytes, tip }: Survey,
  signal: AbortSignal,
): Promise<BucketGap | undefined> {
  const { systemIdentifier } = identity;
  const objects = [];
  for await (const page of vault.listPages(walFolder(vault.prefix, systemIdentifier), { signal }))
    objects.push(...page);
  const ends = holdingsOf(vault.prefix, systemIdentifier, objects, segmentSizeBytes).objects.map(
    ({ endsAt }) => endsAt,
  );
  const from = ends.filter((end) => end <= tip.lsn).reduce((last, end) => (end > last ? end : last), 0n);
  return from === 0n || from === tip.lsn ? undefined : { from: formatLsn(from), to: formatLsn(tip.lsn) };
}
