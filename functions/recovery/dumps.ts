import type { Manifest } from '../../layers/backup/manifest.ts';
import { clusterManifests } from '../../layers/catalog/cluster-manifests.ts';
import { readCatalog } from '../../layers/catalog/read-catalog.ts';
import { type Identities, NO_IDENTITIES } from '../../layers/seal/identities.ts';
import { openIfPossible } from '../../layers/seal/manifest.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import { parseLsn } from '../../layers/wal/lsn.ts';
import type { StoredBase } from '../../layers/wal/stored-base.ts';
import { isOnWay } from '../../layers/wal/timelines.ts';
import type { Way } from './way.ts';

/** A dump of a moment that recovery passes. */
export interface DumpOnWay {
  readonly manifest: Manifest;
  readonly mark: NonNullable<Manifest['snapshot']>;
  readonly lsn: bigint;
}

export interface ClusterDumps {
  /** The newest of each database that recovery passes, in the order of positions. */
  readonly onWay: readonly DumpOnWay[];
  /** The newest manifest of each database of the cluster, whenever it was. */
  readonly newest: readonly Manifest[];
}

/** Each has recovery pause once more. */
const MOST_PAUSES = 8;

/** Finds the dumps of a cluster's databases. */
export async function findDumps(
  vault: Vault,
  stored: StoredBase,
  { spans, stretch }: Way,
  signal: AbortSignal,
  identities: Identities = NO_IDENTITIES,
): Promise<ClusterDumps> {
  const { entries } = await readCatalog(vault);
  const open = openIfPossible(identities);
  const newest: Manifest[] = [];
  const onWay: DumpOnWay[] = [];
  for (const list of entries.values()) {
    let isFirst = true;
    for await (const manifest of clusterManifests(vault, list, stored.base.systemIdentifier, signal, open)) {
      if (isFirst) newest.push(manifest);
      isFirst = false;
      const { snapshot: mark, server } = manifest;
      const lsn = parseLsn(mark?.walPosition ?? '');
      const isPassed = lsn !== undefined && lsn > stored.stopLsn && lsn <= stretch.to;
      if (mark !== undefined && isPassed && isOnWay(spans, server.timeline ?? 1, lsn)) {
        onWay.push({ manifest, mark, lsn });
        break;
      }
      // Older ones were before the base backup, too.
      if (lsn !== undefined && lsn <= stored.stopLsn) break;
    }
  }
  return { newest, onWay: onWay.sort((a, b) => (a.lsn < b.lsn ? -1 : 1)).slice(-MOST_PAUSES) };
}
