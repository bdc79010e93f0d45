import { verdictKey } from '../backup/keys.ts';
import { parseVerdict, type Verdict } from '../backup/verdict.ts';
import type { Vault } from '../vault/vault.ts';
import type { Backup } from './backups.ts';

/** The verdict as it was written down; undefined if there is none (any more). */
export async function readVerdict(vault: Vault, { entry }: Pick<Backup, 'entry'>): Promise<Verdict | undefined> {
  if (entry.verdict === undefined) return undefined;
  const key = verdictKey(vault.prefix, entry, entry.verdict);
  const text = await vault.getText(key);
  return text === undefined ? undefined : parseVerdict(text, key);
}
