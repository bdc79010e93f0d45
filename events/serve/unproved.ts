import { lacksVerdict } from '../../layers/backup/catalog.ts';
import { readCatalog } from '../../layers/catalog/read-catalog.ts';
import { readEnvironment } from '../../layers/settings/environment.ts';
import { readVaultConfig } from '../../layers/vault/config.ts';
import type { Vault } from '../../layers/vault/vault.ts';

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

/** What talks to the bucket takes memory: it is loaded where it is needed. */
export async function openServedVault(env: NodeJS.ProcessEnv): Promise<Vault> {
  const { openVault } = await import('../../layers/vault/vault.ts');
  return openVault(readVaultConfig(readEnvironment(env, 'the service')));
}
