import { mapBounded } from '../../../layers/backup/map-bounded.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { storeBackup } from './stored-backup.ts';

const CONCURRENCY = 48;
const HOUR_MS = 60 * 60 * 1000;

/**
 * Stores many backups, their archives a few bytes: one every six hours of each database, the newest six hours old, all
 * of them `restorable` but every tenth, which is `readable`.
 */
export async function storeMany(
  vault: Vault,
  {
    databases,
    each,
    newestAt,
  }: { readonly databases: readonly string[]; readonly each: number; readonly newestAt: Date },
): Promise<void> {
  const all = databases.flatMap((database) => Array.from({ length: each }, (_, index) => ({ database, index })));
  await mapBounded(all, CONCURRENCY, async ({ database, index }) => {
    const firedAt = new Date(Math.floor(newestAt.getTime() / 1000) * 1000 - index * 6 * HOUR_MS);
    await storeBackup(vault, { database, firedAt, verdict: index % 10 === 9 ? 'readable' : 'restorable' });
  });
}
