import { type Manifest, parseManifest } from '../../layers/backup/manifest.ts';
import { readCatalog } from '../../layers/catalog/read-catalog.ts';
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

/** Of one database, so many are looked at: a dump of another server may lie between them. */
const MOST_LOOKED_AT = 20;
/** Each has recovery pause once more. */
const MOST_PAUSES = 8;

/** Finds the dumps of a cluster's databases. */
export async function findDumps(
  vault: Vault,
  stored: StoredBase,
  { spans, stretch }: Way,
  signal: AbortSignal,
): Promise<ClusterDumps> {
  const { entries } = await readCatalog(vault);
  const newest: Manifest[] = [];
  const onWay: DumpOnWay[] = [];
  for (const list of entries.values()) {
    let isFirst = true;
    for (const { manifest: object } of list.filter((entry) => entry.manifest).slice(0, MOST_LOOKED_AT)) {
      const text = object && (await vault.getText(object.key, signal));
      if (object === undefined || text === undefined) continue;
      const manifest = parseManifest(text, object.key);
      if (manifest.server.systemIdentifier !== stored.base.systemIdentifier) continue;
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
