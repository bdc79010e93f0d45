import { lacksVerdict } from '../../layers/backup/catalog.ts';
import { readCatalog } from '../../layers/catalog/read-catalog.ts';
import { readClusters } from '../../layers/catalog/read-cluster.ts';
import { readEnvironment } from '../../layers/settings/environment.ts';
import { readVaultConfig } from '../../layers/vault/config.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import { basesFolder, parseClusterKey } from '../../layers/wal/keys.ts';

/**
 * Asks the bucket whether a backup lacks its verdict, so that verify is not started every minute for nothing. Says yes, too,
 * where the bucket does not answer, so that verify's own failure tells people, and once after that, so that its success does.
 *
 * @param open - brings the vault; called at the first question
 */
export function askForUnproved(open: () => Promise<Pick<Vault, 'prefix' | 'listAll'>>): () => Promise<boolean> {
  let vault: ReturnType<typeof open> | undefined;
  let wasSilent = false;
  return async () => {
    try {
      vault ??= open();
      const entries = [...(await readCatalog(await vault)).entries.values()].flat();
      const found = wasSilent || entries.some(lacksVerdict);
      wasSilent = false;
      return found;
    } catch {
      wasSilent = true;
      return true;
    }
  };
}

/** The same of the newest base backup of each cluster, and recovery. */
export function askForUnprovedBase(open: () => Promise<Vault>): () => Promise<boolean> {
  let vault: ReturnType<typeof open> | undefined;
  return async () => {
    try {
      vault ??= open();
      const { prefix, listAll } = await vault;
      for (const { systemIdentifier } of await readClusters(await vault)) {
        const parsed = (await listAll(basesFolder(prefix, systemIdentifier))).map(({ key }) =>
          parseClusterKey(prefix, key),
        );
        // Keys sort as instants do.
        const newest = parsed.flatMap((one) => (one?.kind === 'base' ? [one.startedAt.getTime()] : [])).at(-1);
        const proved = parsed.flatMap((one) => (one?.kind === 'base-verdict' ? [one.startedAt.getTime()] : []));
        if (newest !== undefined && !proved.includes(newest)) return true;
      }
      return false;
    } catch {
      // The schedules of others tell people that the bucket does not answer.
      return false;
    }
  };
}

/** What talks to the bucket takes memory: it is loaded where it is needed. */
export async function openServedVault(env: NodeJS.ProcessEnv): Promise<Vault> {
  const { openVault } = await import('../../layers/vault/vault.ts');
  return openVault(readVaultConfig(readEnvironment(env, 'the service')));
}
