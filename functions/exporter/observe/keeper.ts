import type { Logger } from 'pino';
import { summaryKey } from '../../../layers/backup/keys.ts';
import { type ClusterListings, openClusterListings } from '../../../layers/catalog/listing/clusters.ts';
import { type Folders, openFolders } from '../../../layers/catalog/listing/folders.ts';
import { parseNotes, printNotes } from '../../../layers/catalog/listing/notes.ts';
import {
  type Copy,
  type ListingVault,
  refreshCopy,
  SMALL_OBJECTS,
} from '../../../layers/catalog/listing/refresh-copy.ts';
import { resumable } from '../../../layers/catalog/listing/resumable.ts';
import { withoutClusters } from '../../../layers/catalog/listing/without-clusters.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import type { Documents } from './documents.ts';
import type { DatabaseState } from './observation.ts';
import { objectsRead } from './state.ts';

export interface Keeper {
  /**
   * What is in the vault now.
   *
   * @throws {@link VaultError} if the store does not answer
   */
  list(now: Date, signal: AbortSignal): Promise<Folders>;
  /**
   * What is in the folders of clusters. Nothing is asked unless {@link list} has seen that there are any.
   *
   * @throws {@link VaultError} if the store does not answer
   */
  listClusters(signal: AbortSignal): Promise<ClusterListings>;
  /** Leaves notes for the next cold start, where they are worth it and the last ones are old. Never fails. */
  save(states: readonly DatabaseState[], now: Date, signal: AbortSignal): Promise<void>;
}

/** Seldom: the bucket is versioned, and each writing leaves the former one behind for a while. */
const SAVE_INTERVAL_MS = 60 * 60 * 1000;

/** Keeps the copy of the listing: in memory, and between cold starts in `summary.json`. */
export function openKeeper({
  vault,
  log,
  documents,
  smallObjects = SMALL_OBJECTS,
}: {
  readonly vault: Vault;
  readonly log: Logger;
  readonly documents: Documents;
  /** A vault of up to so many objects is listed whole each time. */
  readonly smallObjects?: number;
}): Keeper {
  const key = summaryKey(vault.prefix);
  const takeApart = openFolders(vault.prefix);
  let hasClusters = false;
  const dumps = withoutClusters(vault, () => {
    hasClusters = true;
  });
  const listClusters = openClusterListings(vault, smallObjects);
  let copy: Copy | undefined;
  /** The first listing of everything, as far as it has come, and when it was begun. */
  let first: { readonly vault: ListingVault; readonly now: Date } | undefined;
  let savedAt = Number.NEGATIVE_INFINITY;
  let unusable = false;

  async function recall(now: Date, signal: AbortSignal): Promise<Copy | undefined> {
    try {
      const text = await vault.getText(key, signal);
      if (text === undefined) return undefined;
      const notes = parseNotes(text, key, now);
      if (notes) documents.recall(notes.facts);
      return notes?.copy;
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ err: error, key }, 'the summary cannot be read: building a new one');
      unusable = true;
      return undefined;
    }
  }

  /** Other instances of the exporter write them too. */
  function isDue(objects: Copy['objects'], now: Date): boolean {
    if (objects.length <= smallObjects || now.getTime() - savedAt < SAVE_INTERVAL_MS) return false;
    const last = objects.find((object) => object.key === key);
    const storeTime = vault.storeTime() ?? now;
    return unusable || last === undefined || storeTime.getTime() - last.modifiedAt.getTime() >= SAVE_INTERVAL_MS;
  }

  return {
    async list(now, signal) {
      const known = copy ?? (await recall(now, signal));
      if (known !== undefined) copy = await refreshCopy(dumps, known, { now, signal, smallObjects });
      else {
        first ??= { vault: resumable(dumps), now };
        // What came since it was begun is for the next look.
        copy = await refreshCopy(first.vault, undefined, { now: first.now, signal });
      }
      first = undefined;
      return takeApart(copy.objects);
    },
    listClusters: async (signal) => (hasClusters ? listClusters(signal) : new Map()),
    async save(states, now, signal) {
      if (copy === undefined || !isDue(copy.objects, now)) return;
      savedAt = now.getTime();
      const { manifests, verdicts } = objectsRead(states, now);
      try {
        await vault.put(key, printNotes(copy, documents.known(manifests, verdicts)), signal);
        unusable = false;
      } catch (error) {
        // It only saves time: who may not write, or has a full bucket, does without.
        log.warn({ err: error, key }, 'the summary cannot be written');
      }
    },
  };
}
