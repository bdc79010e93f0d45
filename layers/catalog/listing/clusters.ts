import type { ListedObject } from '../../backup/catalog.ts';
import { mapBounded } from '../../backup/map-bounded.ts';
import { clustersFolder } from '../../wal/keys.ts';
import { type ClusterCopy, refreshCluster } from './refresh-cluster.ts';
import type { ListingVault } from './refresh-copy.ts';
import { resumable } from './resumable.ts';

/** What lies in each cluster's folder, by system identifier, sorted by key. */
export type ClusterListings = ReadonlyMap<string, readonly ListedObject[]>;

const CONCURRENCY = 4;

/**
 * Lists clusters, again and again: what is known is remembered, so that only a few requests are needed however much WAL
 * there is.
 *
 * @param smallObjects - a cluster of up to so many objects is listed whole each time
 * @returns lists all of them. @throws {@link VaultError} if the store does not answer
 */
export function openClusterListings(
  vault: ListingVault,
  smallObjects: number,
): (signal: AbortSignal) => Promise<ClusterListings> {
  const all = clustersFolder(vault.prefix);
  let copies: ReadonlyMap<string, ClusterCopy> = new Map();
  /** First listings, as far as they have come. */
  const first = new Map<string, ListingVault>();
  return async (signal) => {
    const { folders } = await vault.listLevel(signal, all);
    const listed = await mapBounded(folders, CONCURRENCY, async (folder) => {
      const known = copies.get(folder);
      const through = known === undefined ? (first.get(folder) ?? resumable(vault)) : vault;
      if (known === undefined) first.set(folder, through);
      const copy = await refreshCluster(through, folder, known, { signal, smallObjects });
      first.delete(folder);
      return [folder, copy] as const;
    });
    copies = new Map(listed);
    return new Map(listed.map(([folder, { objects }]) => [folder.slice(all.length, -1), objects]));
  };
}
