import { isUnderWay } from '../backup/catalog.ts';
import { type DrillStand, parseDrillStand } from '../backup/drill-progress.ts';
import { ConfigError, VaultError } from '../backup/errors.ts';
import type { Vault } from '../vault/vault.ts';
import type { Backup } from './backups.ts';

/**
 * How far the drill of a backup has come that goes on in the next run of verify.
 *
 * @returns undefined if none is under way, or nobody can tell: verify begins anew then
 */
export async function readDrillStand(
  vault: Vault,
  { entry, manifest }: Pick<Backup, 'entry' | 'manifest'>,
): Promise<DrillStand | undefined> {
  if (entry.drill === undefined || !isUnderWay(entry)) return undefined;
  const { key } = entry.drill;
  const text = await vault.getText(key);
  try {
    const stand = text === undefined ? undefined : parseDrillStand(text, key);
    return stand?.archiveKey === manifest.archive.key ? stand : undefined;
  } catch (error) {
    if (!(error instanceof VaultError || error instanceof ConfigError)) throw error;
    return undefined;
  }
}
