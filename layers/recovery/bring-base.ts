import path from 'node:path';
import { Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { openKey } from '../backup/keys.ts';
import { mapBounded } from '../backup/map-bounded.ts';
import { unpackTar } from '../postgres/programs/unpack-tar.ts';
import { opened } from '../seal/opening-vault.ts';
import { checkedBytes } from '../vault/checked-bytes.ts';
import type { Vault } from '../vault/vault.ts';
import { baseFileKey } from '../wal/keys.ts';
import type { StoredBase } from '../wal/stored-base.ts';
import { CHUNK_BYTES } from '../zstd/zstd.ts';
import { type Place, writeOwned } from './data-directory.ts';
import { inParts } from './in-parts.ts';

export interface BringDeps {
  readonly vault: Vault;
  /**
   * The pg_combinebackup of a major; it is asked for where a chain begins the recovery.
   *
   * @throws {@link ConfigError} if there is none
   */
  readonly combineProgram: (major: number) => Promise<string>;
  /** Called once for each file, and with every piece of it. */
  readonly onProgress: (progress: {
    readonly what: string;
    readonly doneBytes: number;
    readonly totalBytes: number;
  }) => void;
}

/** Each is read in several parts at once, so few are enough. */
const TABLESPACES_AT_ONCE = 2;

const WRONG = 'the folder is empty again. Choose an earlier moment: it needs another base backup';

/**
 * Unpacks a base backup: every tablespace into its folder, and the manifest beside the data directory's files. All of it has
 * been hashed when this returns.
 *
 * @param folders - by the file in which a tablespace is
 * @param main - where the data directory is; all of it will belong to its owner
 * @throws {@link VaultError} if a file is missing, or not what was stored
 */
export async function bringBase(
  { vault, onProgress }: BringDeps,
  { base, startedAt }: StoredBase,
  folders: ReadonlyMap<string, string>,
  main: Place,
  signal: AbortSignal,
): Promise<void> {
  const name = { systemIdentifier: base.systemIdentifier, startedAt };
  await mapBounded(base.tablespaces, TABLESPACES_AT_ONCE, async ({ file, sizeBytes, sha256, location }) => {
    const key = baseFileKey(vault.prefix, name, base.attempt, file);
    const what = location === undefined ? 'base backup' : `tablespace ${path.basename(location)}`;
    onProgress({ what, doneBytes: 0, totalBytes: sizeBytes });
    const onBytes = (doneBytes: number) => onProgress({ what, doneBytes, totalBytes: sizeBytes });
    const bytes = checkedBytes(inParts(vault, key, sizeBytes, signal), { key, sizeBytes, sha256 }, WRONG, onBytes);
    const content = decompressed(opened(vault, key, bytes), openKey(key));
    await unpackTar(content, folders.get(file) ?? '', main, signal);
  });
  const { file, ...recorded } = base.manifest;
  const key = baseFileKey(vault.prefix, name, base.attempt, file);
  const chunks: Buffer[] = [];
  const bytes = checkedBytes(inParts(vault, key, recorded.sizeBytes, signal), { key, ...recorded }, WRONG, () => {});
  for await (const chunk of opened(vault, key, bytes)) chunks.push(chunk);
  await writeOwned(main, openKey(file), Buffer.concat(chunks));
}

/** By its name: `base.tar`, if the server or the store did it without. */
function decompressed(bytes: AsyncIterable<Buffer>, key: string): AsyncIterable<Buffer> {
  if (!key.endsWith('.zst')) return bytes;
  const source = Readable.from(bytes, { objectMode: false });
  const zstd = createZstdDecompress({ chunkSize: CHUNK_BYTES });
  source.on('error', (error) => zstd.destroy(error));
  zstd.on('close', () => source.destroy());
  return source.pipe(zstd);
}
