import { createHash } from 'node:crypto';
import { globalsKey, sealedKey } from '../../layers/backup/keys.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { sharedGlobalsFolder, sharedGlobalsKey } from '../../layers/backup/shared-globals-key.ts';
import type { DumpSession } from '../../layers/postgres/contents/dump-session.ts';
import type { ClientPrograms } from '../../layers/postgres/programs/client-programs.ts';
import { type Globals, type GlobalsOptions, pgDumpGlobals } from '../../layers/postgres/programs/pg-dump.ts';
import type { Recipients } from '../../layers/seal/recipients.ts';
import { sealBytes } from '../../layers/seal/seal.ts';
import type { Patience } from '../../layers/vault/patience.ts';
import type { DumpDeps, DumpRequest } from './request.ts';
import { usableGlobals } from './usable-globals.ts';

/** Globals as pg_dumpall wrote them, or what the manifest says of those that are in the vault. */
export type BroughtGlobals = Globals | { readonly stored: Manifest['globals']; readonly said: string };

/** Where a dump's globals come from, and go to. */
export interface GlobalsPlace {
  /** Runs pg_dumpall, unless other dumps of the firing have stored globals that are as good. */
  bring(options: GlobalsOptions): Promise<BroughtGlobals>;
  /** Stores what was brought, unless it is stored; what the manifest says of it. */
  store(brought: BroughtGlobals): Promise<Manifest['globals']>;
}

/**
 * Where several databases are fired at once, the first dump stores the globals and the others name them, as long as no
 * role has changed since. Otherwise they lie beside the archive. Nothing is stored before the archive is: a dump that
 * fails leaves nothing.
 *
 * @throws {@link DumpError} if the server fails, {@link VaultError} if the vault does
 */
export async function openGlobals(
  { vault, clock, recipients }: Pick<DumpDeps, 'vault' | 'clock' | 'recipients'>,
  { database, firedAt, attempt, deadline, sharedGlobalsMs }: DumpRequest,
  { session, client, patience }: { session: DumpSession; client: ClientPrograms; patience: Patience },
): Promise<GlobalsPlace> {
  const { server, rolePasswords } = session;
  const keyOf = (key: string) => (recipients ? sealedKey(key) : key);
  /** As it is stored: each sealing is another. */
  const made = async ({ sql }: Globals) => (recipients ? sealBytes(Buffer.from(sql), await recipients.begin()) : sql);
  const put = async (key: string, stored: string | Buffer): Promise<Manifest['globals']> => {
    await patience.insist('write', key, () => vault.put(key, stored, deadline.signal));
    return { key, ...measure(stored), rolePasswords };
  };
  const beside = async (globals: Globals) =>
    put(keyOf(globalsKey(vault.prefix, { database, firedAt }, attempt)), await made(globals));
  const state =
    sharedGlobalsMs === undefined ? undefined : stateFor(recipients, await session.globalsState(client.version));
  if (state === undefined || sharedGlobalsMs === undefined) {
    return { bring: pgDumpGlobals, store: async (brought) => ('stored' in brought ? brought.stored : beside(brought)) };
  }
  const name = { systemIdentifier: server.systemIdentifier, firedAt };
  const folder = sharedGlobalsFolder(vault.prefix, name);
  const find = async (): Promise<Manifest['globals'] | undefined> => {
    const listed = await patience.insist('list', folder, () => vault.listAll(folder));
    // The sweep must find the manifest once they are as old as it clears.
    const writtenAfter = (vault.storeTime() ?? clock()).getTime() + deadline.remainingMs - sharedGlobalsMs;
    const found = usableGlobals(vault.prefix, listed, { state, writtenAfter: new Date(writtenAfter) });
    return found && { ...found, rolePasswords };
  };
  const stored = await find();
  return {
    bring: stored ? async () => ({ stored, said: '' }) : pgDumpGlobals,
    async store(brought) {
      if ('stored' in brought) return brought.stored;
      // Every manifest has what pg_dumpall said of its globals.
      if (brought.said.trim() !== '') return beside(brought);
      // Another dump may have been quicker, or as quick: all name those that were there first.
      const found = await find();
      if (found) return found;
      const sealed = await made(brought);
      const { sha256 } = measure(sealed);
      const own = await put(keyOf(sharedGlobalsKey(vault.prefix, { ...name, state, sha256 })), sealed);
      return (await find()) ?? own;
    },
  };
}

function measure(stored: string | Buffer): { readonly sizeBytes: number; readonly sha256: string } {
  return { sizeBytes: Buffer.byteLength(stored), sha256: createHash('sha256').update(stored).digest('hex') };
}

/** Globals that are sealed for others, or for nobody, are no use. */
function stateFor(recipients: Recipients | undefined, state: string | undefined): string | undefined {
  if (recipients === undefined || state === undefined) return state;
  return createHash('sha256')
    .update([state, ...recipients.names].join('\n'))
    .digest('hex')
    .slice(0, state.length);
}
