import type { BackupReading } from '../../layers/backup/corruption.ts';
import { beginProgress, type DrillProgress, parseDrillProgress } from '../../layers/backup/drill-progress.ts';
import { ConfigError, VaultError } from '../../layers/backup/errors.ts';
import { type BackupName, drillKey } from '../../layers/backup/keys.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { type ArchiveLayout, readHead } from '../../layers/postgres/programs/archive-layout.ts';
import type { TocEntry } from '../../layers/postgres/programs/toc.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import type { VerifyDeps } from './deps.ts';

/** A drill that an earlier run has begun, and what reading the archive found then. */
export interface Begun {
  readonly progress: DrillProgress;
  readonly layout: ArchiveLayout;
  readonly archive: NonNullable<BackupReading['archive']>;
  readonly toc: readonly TocEntry[];
}

/**
 * Reads how far an earlier run came with a drill.
 *
 * @returns undefined if that cannot be used, as it is of another archive: the drill begins anew then
 */
export async function readBegun(
  { vault, log }: Pick<VerifyDeps, 'vault' | 'log'>,
  name: BackupName,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<Begun | undefined> {
  const key = drillKey(vault.prefix, name);
  try {
    const text = await vault.getText(key, signal);
    const progress = text === undefined ? undefined : parseDrillProgress(text, key);
    if (progress === undefined || !isOf(progress, manifest)) return undefined;
    const head = await headOf(vault, progress, signal);
    if (head === undefined) return undefined;
    const blocks = progress.blocks.map(([id, at, sizeBytes]) => ({ id, at, sizeBytes }));
    const toc = head.entries.filter(({ type }) => !UNLISTED.has(type)).map(tocEntryOf);
    const tableData = toc.flatMap((entry) => (entry.type === 'TABLE DATA' ? [entry.name] : []));
    return { progress, layout: { head, blocks }, toc, archive: { ...progress.reading, tableData, failure: undefined } };
  } catch (error) {
    if (!(error instanceof VaultError || error instanceof ConfigError) || signal.aborted) throw error;
    log.warn({ err: error, key }, 'what an earlier run found cannot be used: the drill begins anew');
    return undefined;
  }
}

/** What the next run goes on from, if this one does not finish. */
export function begin(
  manifest: Manifest,
  { sizeBytes, sha256, client }: { readonly sizeBytes: number; readonly sha256: string; readonly client: string },
  { head, blocks }: ArchiveLayout,
  pieceBytes: number,
  now: Date,
): DrillProgress {
  const found = {
    reading: { sizeBytes, sha256 },
    client,
    pieceBytes: Math.min(pieceBytes, Number.MAX_SAFE_INTEGER),
    headBytes: head.bytes.length,
    blocks: blocks.map((block): [number, number, number] => [block.id, block.at, block.sizeBytes]),
  };
  return beginProgress(manifest, found, now);
}

function isOf({ archiveKey, reading }: DrillProgress, { archive }: Manifest): boolean {
  return archiveKey === archive.key && reading.sha256 === archive.sha256;
}

async function headOf(vault: Vault, { archiveKey, headBytes }: DrillProgress, signal: AbortSignal) {
  const chunks: Buffer[] = [];
  const range = { at: 0, sizeBytes: headBytes };
  for await (const chunk of (await vault.getBytes(archiveKey, signal, range)) ?? []) chunks.push(chunk);
  const head = chunks.length === 0 ? undefined : readHead(Buffer.concat(chunks));
  return head?.bytes.length === headBytes ? head : undefined;
}

/** Entries that pg_restore does not list. */
const UNLISTED = new Set(['DATABASE', 'ENCODING', 'STDSTRINGS', 'SEARCHPATH']);

/** @see src/bin/pg_dump/pg_backup_archiver.c, PrintTOCSummary */
function tocEntryOf({ id, type, schema, name, owner }: ArchiveLayout['head']['entries'][number]): TocEntry {
  const oneLine = (text: string) => text.replace(/[\r\n]/g, ' ');
  return { id: String(id), type, name: [schema ?? '-', name, owner].map(oneLine).join(' ') };
}
