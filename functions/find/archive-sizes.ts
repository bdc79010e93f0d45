import { buildCatalog, type ListedObject } from '../../layers/backup/catalog.ts';
import { DAY_MS } from '../../layers/backup/instant.ts';
import { backupFolder, databaseFolder } from '../../layers/backup/keys.ts';
import { mapBounded } from '../../layers/backup/map-bounded.ts';
import type { Vault } from '../../layers/vault/vault.ts';

/** As a dump looks back for the backup before it. */
const RECENT_DAYS = 8;
/** Requests under way at once. */
const CONCURRENCY = 16;

/**
 * How large the archives of the newest backups are, by the listing: that says whose dump will take longest.
 *
 * @returns by database; those without a backup of the last days are not in it
 */
export async function readArchiveSizes(
  vault: Vault,
  databases: readonly string[],
  now: Date,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const since = new Date(now.getTime() - RECENT_DAYS * DAY_MS);
  const sizes = await mapBounded(databases, CONCURRENCY, async (database) => {
    const objects: ListedObject[] = [];
    const after = backupFolder(vault.prefix, { database, firedAt: since });
    for await (const page of vault.listPages(databaseFolder(vault.prefix, database), { after, signal })) {
      for (const object of page) objects.push(object);
    }
    const entries = buildCatalog(vault.prefix, objects).entries.get(database) ?? [];
    const newest = entries.find(({ manifest, archives }) => manifest !== undefined && archives.length > 0);
    return newest ? [[database, Math.max(...newest.archives.map(({ sizeBytes }) => sizeBytes))] as const] : [];
  });
  return new Map(sizes.flat());
}
