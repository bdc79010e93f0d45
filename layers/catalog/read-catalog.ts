import { buildCatalog, type Catalog, type Entry } from '../backup/catalog.ts';
import { type BackupName, backupFolder, databaseFolder } from '../backup/keys.ts';
import type { Vault } from '../vault/vault.ts';
import { clustersFolder } from '../wal/keys.ts';

/**
 * Lists the vault, or one database's folder, and derives the catalog from it. The WAL of clusters, which may be far more than
 * all else, is not listed.
 *
 * @throws {@link VaultError} if it cannot be listed
 */
export async function readCatalog(vault: Pick<Vault, 'prefix' | 'listAll'>, database?: string): Promise<Catalog> {
  const folder = database === undefined ? undefined : databaseFolder(vault.prefix, database);
  return buildCatalog(vault.prefix, await vault.listAll(folder, clustersFolder(vault.prefix)));
}

/** The same of one backup: its entry, or undefined if there is nothing of it. */
export async function readEntry(
  vault: Pick<Vault, 'prefix' | 'listAll'>,
  name: BackupName,
): Promise<Entry | undefined> {
  const { entries } = buildCatalog(vault.prefix, await vault.listAll(backupFolder(vault.prefix, name)));
  return entries.get(name.database)?.[0];
}
