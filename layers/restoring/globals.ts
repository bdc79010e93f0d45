import { createHash } from 'node:crypto';
import { VaultError } from '../backup/errors.ts';
import type { ClientPrograms } from '../postgres/programs/client-programs.ts';
import { restoreGlobals } from '../postgres/programs/restore-globals.ts';
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
  const sql = await store.getText(globals.key);
  if (sql === undefined || createHash('sha256').update(sql).digest('hex') !== globals.sha256) {
    throw new VaultError({
      operation: 'read',
      subject: globals.key,
      problem: sql === undefined ? 'it is missing' : 'its SHA-256 differs from the manifest',
      hint: 'leave out --globals, and create the roles yourself or restore with --no-owner --no-privileges',
    });
  }
  const newest = clients.at(-1);
  if (newest === undefined) throw new Error('unreachable: client programs were found');
  return restoreGlobals(newest, to.target, sql, signal);
}
