import { ConfigError } from '../../../layers/backup/errors.ts';
import { formatFiredAt } from '../../../layers/backup/instant.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { parseBase } from '../../../layers/wal/base.ts';
import { baseEntries, objectsOfBase } from '../../../layers/wal/base-entries.ts';
import { type BaseName, baseFolder, baseMarkKey } from '../../../layers/wal/keys.ts';
import { parseRetiredBase } from '../../../layers/wal/retired-base.ts';
import { storedBase } from '../../../layers/wal/stored-base.ts';
import type { Pinnable } from './keep.ts';

/**
 * A base backup as it may be pinned. What it is an increment of, and the WAL that it needs, retention keeps with it.
 *
 * @throws {@link ConfigError} if there is none of that name, {@link VaultError} if something of it cannot be read
 */
export async function pinnableBase(vault: Vault, name: BaseName): Promise<Pinnable> {
  const { prefix } = vault;
  const words = `base backup ${formatFiredAt(name.startedAt)} of cluster ${name.systemIdentifier}`;
  const [entry] = baseEntries(prefix, name.systemIdentifier, await vault.listAll(baseFolder(prefix, name)));
  const text = entry?.document && (await vault.getText(entry.document.key));
  if (entry?.document === undefined || text === undefined) {
    const hint = 'pgvouch status shows what there is';
    throw new ConfigError({ operation: 'keep', subject: words, problem: 'there is no such base backup', hint });
  }
  const { kept, complete } = storedBase(parseBase(text, entry.document.key), entry);
  const mark = entry.retired && (await vault.getText(entry.retired.key));
  return {
    ...{ name: words, kept, complete, objects: objectsOfBase(entry).map(({ key }) => key) },
    retired: entry.retired && mark !== undefined ? parseRetiredBase(mark, entry.retired.key) : undefined,
    keys: { kept: baseMarkKey(prefix, name, 'kept'), retired: baseMarkKey(prefix, name, 'retired') },
  };
}
