import type { BackupReading } from '../../layers/backup/corruption.ts';
import { isSealedKey } from '../../layers/backup/keys.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import type { ClientPrograms } from '../../layers/postgres/programs/client-programs.ts';
import { type ArchiveReading, readArchive } from '../../layers/postgres/programs/pg-restore.ts';
import { BrokenSeal } from '../../layers/seal/broken-seal.ts';
import type { Identities } from '../../layers/seal/identities.ts';
import { unseal, unsealBytes } from '../../layers/seal/unseal.ts';
import { measureBytes } from '../../layers/vault/measure-bytes.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import { teeToFile } from './scratch.ts';

export interface ReadBackup {
  readonly reading: BackupReading;
  /** Their text, opened; empty if they could not be read. */
  readonly sql: string;
  readonly archive: ArchiveReading | undefined;
  /** Where the archive lies now, opened; undefined if it does not. */
  readonly file: string | undefined;
}

/**
 * Reads globals and archive, once. Sizes and hashes are those of the stored bytes; what is sealed is opened on the way.
 *
 * @param identities - there if the backup is sealed
 * @param to - a file that the opened archive is written to as well
 * @param skipArchive - an earlier run has read it
 */
export async function readBackup(
  { vault, identities }: { readonly vault: Vault; readonly identities?: Identities | undefined },
  client: ClientPrograms,
  manifest: Manifest,
  options: { readonly signal: AbortSignal; readonly skipArchive?: boolean; readonly to?: string | undefined },
): Promise<ReadBackup> {
  const { signal } = options;
  const globals = await readGlobals(vault, manifest.globals.key, identities, signal);
  const { archive, file } = options.skipArchive
    ? { archive: undefined, file: undefined }
    : await readStoredArchive({ vault, identities }, client, manifest, options);
  const reading = { archive, globals: globals && { ...globals.stored, failure: globals.failure } };
  return { reading, sql: globals?.sql ?? '', archive, file };
}

async function readGlobals(vault: Vault, key: string, identities: Identities | undefined, signal: AbortSignal) {
  const bytes = await vault.getBytes(key, signal);
  if (bytes === undefined) return undefined;
  const { take, measured } = measureBytes(() => {});
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) {
    take(chunk);
    chunks.push(chunk);
  }
  const all = Buffer.concat(chunks);
  try {
    const open = identities && isSealedKey(key) ? await unsealBytes(all, identities, key) : all;
    return { stored: measured(), sql: open.toString(), failure: undefined };
  } catch (error) {
    if (!(error instanceof BrokenSeal)) throw error;
    return { stored: measured(), sql: '', failure: error.problem };
  }
}

async function readStoredArchive(
  { vault, identities }: { readonly vault: Vault; readonly identities: Identities | undefined },
  client: ClientPrograms,
  { database, archive: { key } }: Manifest,
  { signal, to }: { readonly signal: AbortSignal; readonly to?: string | undefined },
): Promise<{ archive: ArchiveReading | undefined; file: string | undefined }> {
  let file = to;
  const stored = await vault.getBytes(key, signal);
  if (stored === undefined) return { archive: undefined, file };
  const { take, measured } = measureBytes(() => {});
  const open = identities && isSealedKey(key) ? unseal(passing(stored, take), identities, key) : undefined;
  const bytes = open ?? stored;
  const passed = file === undefined ? bytes : teeToFile(bytes, file, () => (file = undefined));
  try {
    const archive = await readArchive(client, passed, `"${database}"`, signal);
    return { archive: open ? { ...archive, ...measured() } : archive, file };
  } catch (error) {
    if (!(error instanceof BrokenSeal)) throw error;
    // Whether these are the bytes that were stored is to be said, too.
    const again = measureBytes(() => {});
    for await (const chunk of (await vault.getBytes(key, signal)) ?? []) again.take(chunk);
    const nothing = { tableData: [], toc: [], layout: undefined };
    return { archive: { ...again.measured(), ...nothing, failure: error.problem, brokenSeal: true }, file: undefined };
  }
}

async function* passing(bytes: AsyncIterable<Buffer>, take: (bytes: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const chunk of bytes) {
    take(chunk);
    yield chunk;
  }
}
