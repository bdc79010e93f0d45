import { ConfigError } from '../../layers/backup/errors.ts';
import { type Backup, readBackups } from '../../layers/catalog/backups.ts';
import { standingOf } from '../../layers/catalog/standing.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import { backupName } from '../../layers/words/backup-name.ts';
import { count } from '../../layers/words/counts.ts';

/**
 * The newest backup of a database that was restored in a drill and compared equal. No other one will do.
 *
 * @throws {@link ConfigError} if there is none
 */
export async function chooseProved(vault: Vault, database: string): Promise<Backup> {
  const { backups, unreadable } = await readBackups(vault, database);
  const proved = backups.find((one) => standingOf(one) === 'restorable');
  if (proved !== undefined) return proved;
  const [newest] = backups;
  const others =
    newest &&
    `; the newest of ${count(backups.length, 'backup')}, ${backupName(newest.entry)}, is ${standingOf(newest)}`;
  const unread = unreadable.length > 0 ? `; ${count(unreadable.length, 'backup')} cannot be read` : '';
  throw new ConfigError({
    operation: 'choose the backup of',
    subject: `"${database}"`,
    problem: `none is restorable${others ?? ', for there is none at all'}${unread}`,
    hint: 'a refresh uses nothing else: pgvouch verify may prove one, pgvouch list shows all',
  });
}
