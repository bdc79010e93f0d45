import { type Entry, verdictObject } from '../../../layers/backup/catalog.ts';
import { isGood } from '../../../layers/backup/verdict.ts';
import { median } from './median.ts';
import { type DatabaseState, isRetired, verdictOf } from './observation.ts';

const RECENT = 7;

/** When the oldest backup that waits for its verdict was finished; undefined if none does. */
export function oldestUnverified({ listed }: DatabaseState): Date | undefined {
  const waiting = (listed?.entries ?? []).filter((entry) => entry.manifest && verdictOf(entry) === undefined);
  return waiting.flatMap(({ manifest }) => manifest?.modifiedAt ?? []).sort((a, b) => a.getTime() - b.getTime())[0];
}

/** When the oldest of the proofs was found, by the listing; undefined if there is none. */
export function oldestProof({ listed }: DatabaseState): Date | undefined {
  const proved = (listed?.entries ?? []).filter((entry) => {
    const verdict = verdictOf(entry);
    return entry.manifest && verdict !== undefined && isGood(verdict) && !isRetired(entry);
  });
  return proved.flatMap((entry) => verdictObject(entry)?.modifiedAt ?? []).sort((a, b) => a.getTime() - b.getTime())[0];
}

/**
 * Of the backups before the newest, by the listing; undefined if there are none. Of two in the middle it is the lower one,
 * so that a single large archive does not make the next one look too small.
 */
export function recentSizeMedian({ listed, newest }: DatabaseState): number | undefined {
  if (!newest) return undefined;
  const sizes = (listed?.entries ?? [])
    .filter(({ firedAt }) => firedAt < newest.entry.firedAt)
    .flatMap((entry) => archiveSizeOf(entry) ?? [])
    .slice(0, RECENT);
  return median(sizes, 'lower');
}

/**
 * The size of a backup's archive as the listing tells it. Where several attempts left one, only the manifest knows which
 * is meant; it was written right after its own, so that is the last one before it.
 */
function archiveSizeOf({ manifest, archives }: Entry): number | undefined {
  if (manifest === undefined) return undefined;
  const before = archives.filter(({ modifiedAt }) => modifiedAt <= manifest.modifiedAt);
  const candidates = before.length > 0 ? before : [...archives];
  return candidates.sort((a, b) => b.modifiedAt.getTime() - a.modifiedAt.getTime())[0]?.sizeBytes;
}
