import type { Logger } from 'pino';
import { type BackupName, databaseFolder, manifestKey, parseKey } from '../../layers/backup/keys.ts';
import { isFuture } from '../../layers/backup/present.ts';
import type { Vault } from '../../layers/vault/vault.ts';

interface NewestDeps {
  readonly vault: Vault;
  readonly log: Logger;
  readonly clock: () => Date;
}

/**
 * Whether a backup is the newest of its database; one dated in the future does not count. If that is unknown it is
 * not: a dead-man's switch that hears nothing raises the alarm.
 */
export async function isNewest(
  { vault, log, clock }: NewestDeps,
  name: BackupName,
  signal: AbortSignal,
): Promise<boolean> {
  const { prefix } = vault;
  const now = clock();
  try {
    // Keys sort as instants do: what comes after this one's is newer.
    const after = manifestKey(prefix, name);
    for await (const page of vault.listPages(databaseFolder(prefix, name.database), { after, signal })) {
      const parsed = page.map(({ key }) => parseKey(prefix, key));
      const isNewer = (firedAt: Date) => firedAt > name.firedAt && !isFuture(firedAt, now);
      if (parsed.some((one) => one?.kind === 'manifest' && isNewer(one.firedAt))) return false;
    }
    return true;
  } catch (error) {
    log.warn({ database: name.database, err: error }, 'it is unknown whether this is the newest backup: no ping sent');
    return false;
  }
}
