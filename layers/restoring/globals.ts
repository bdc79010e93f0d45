import { VaultError } from '../backup/errors.ts';
import type { ClientPrograms } from '../postgres/programs/client-programs.ts';
import { restoreGlobals } from '../postgres/programs/restore-globals.ts';
import { opened } from '../seal/opening-vault.ts';
import { checkedBytes } from '../vault/checked-bytes.ts';
import type { ArchiveStore } from './deps.ts';
import type { RestoreRequest } from './request.ts';

/**
 * Restores roles and tablespaces, after a look at whether they are what was stored.
 *
 * @returns what the server refused, a sentence each
 * @throws {@link VaultError} if they are missing or changed, {@link DumpError} if psql failed
 */
export async function bringGlobals(
  store: ArchiveStore,
  clients: readonly ClientPrograms[],
  { backup, to, signal }: Pick<RestoreRequest, 'backup' | 'to' | 'signal'>,
): Promise<string[]> {
  const { globals } = backup.manifest;
  const hint = 'leave out --globals, and create the roles yourself or restore with --no-owner --no-privileges';
  const stored = await store.getBytes(globals.key, signal);
  if (stored === undefined) {
    throw new VaultError({ operation: 'read', subject: globals.key, problem: 'it is missing', hint });
  }
  const checked = checkedBytes(stored, globals, hint, () => {});
  const sql = await text(opened(store, globals.key, checked));
  const newest = clients.at(-1);
  if (newest === undefined) throw new Error('unreachable: client programs were found');
  return restoreGlobals(newest, to.target, sql, signal);
}

async function text(bytes: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
