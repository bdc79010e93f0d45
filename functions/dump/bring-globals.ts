import { createHash } from 'node:crypto';
import { globalsKey } from '../../layers/backup/keys.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { sharedGlobalsFolder, sharedGlobalsKey } from '../../layers/backup/shared-globals-key.ts';
import type { DumpSession } from '../../layers/postgres/contents/dump-session.ts';
import type { ClientPrograms } from '../../layers/postgres/programs/client-programs.ts';
import { type Globals, type GlobalsOptions, pgDumpGlobals } from '../../layers/postgres/programs/pg-dump.ts';
import type { Patience } from '../../layers/vault/patience.ts';
import type { DumpDeps, DumpRequest } from './request.ts';
import { usableGlobals } from './usable-globals.ts';

/** Globals as pg_dumpall wrote them, or what the manifest says of those that are in the vault. */
export type BroughtGlobals = Globals | { readonly stored: Manifest['globals']; readonly said: string };

interface Work {
  readonly session: DumpSession;
  readonly patience: Patience;
}

/**
 * Where several databases are fired at once, the first dump writes the globals and the others name them, as long as no
 * role has changed since. They are written before the archive is finished, so that a dump beside this one finds them.
 *
 * @returns brings them
 * @throws {@link DumpError} if the server fails, {@link VaultError} if the vault does
 */
export async function prepareGlobals(
  { vault, clock }: Pick<DumpDeps, 'vault' | 'clock'>,
  { firedAt, deadline, sharedGlobalsMs }: DumpRequest,
  { session, client, patience }: Work & { readonly client: ClientPrograms },
): Promise<(options: GlobalsOptions) => Promise<BroughtGlobals>> {
  const state = sharedGlobalsMs === undefined ? undefined : await session.globalsState(client.version);
  if (state === undefined || sharedGlobalsMs === undefined) return pgDumpGlobals;
  const { server, rolePasswords } = session;
  const name = { systemIdentifier: server.systemIdentifier, firedAt };
  const folder = sharedGlobalsFolder(vault.prefix, name);
  const find = async () => {
    const listed = await patience.insist('list', folder, () => vault.listAll(folder));
    // The sweep must find the manifest once they are as old as it clears.
    const writtenAfter = (vault.storeTime() ?? clock()).getTime() + deadline.remainingMs - sharedGlobalsMs;
    const found = usableGlobals(vault.prefix, listed, { state, writtenAfter: new Date(writtenAfter) });
    return found && { stored: { ...found, rolePasswords }, said: '' };
  };
  const found = await find();
  if (found) return async () => found;
  return async (options) => {
    const made = await pgDumpGlobals(options);
    // Every manifest has what pg_dumpall said of its globals.
    if (made.said.trim() !== '') return made;
    const measured = measure(made.sql);
    const key = sharedGlobalsKey(vault.prefix, { ...name, state, sha256: measured.sha256 });
    await patience.insist('write', key, () => vault.put(key, made.sql, options.signal), options.signal);
    // Another dump may have been as quick: all name those that were there first.
    return (await find()) ?? { stored: { key, ...measured, rolePasswords }, said: '' };
  };
}

/** Writes the globals beside the archive, unless they are in the vault; what the manifest says of them. */
export async function recordGlobals(
  { vault }: Pick<DumpDeps, 'vault'>,
  { database, firedAt, attempt, deadline }: DumpRequest,
  brought: BroughtGlobals,
  { session: { rolePasswords }, patience }: Work,
): Promise<Manifest['globals']> {
  if ('stored' in brought) return brought.stored;
  const { sql } = brought;
  const key = globalsKey(vault.prefix, { database, firedAt }, attempt);
  await patience.insist('write', key, () => vault.put(key, sql, deadline.signal));
  return { key, ...measure(sql), rolePasswords };
}

function measure(sql: string): { readonly sizeBytes: number; readonly sha256: string } {
  return { sizeBytes: Buffer.byteLength(sql), sha256: createHash('sha256').update(sql).digest('hex') };
}
