import { sealedKey } from '../../layers/backup/keys.ts';
import { partSizeFor } from '../../layers/backup/part-size.ts';
import type { BaseBackup, SentFile } from '../../layers/postgres/replication/base-backup.ts';
import { sealChunks } from '../../layers/seal/seal.ts';
import { bodyOf } from '../../layers/vault/body.ts';
import { measureBytes } from '../../layers/vault/measure-bytes.ts';
import { openPatience } from '../../layers/vault/patience.ts';
import type { Base } from '../../layers/wal/base.ts';
import { type BaseName, baseFileKey } from '../../layers/wal/keys.ts';
import { compressStream } from '../../layers/zstd/compressor.ts';
import type { BaseDeps } from './request.ts';

interface Surroundings extends Pick<BaseDeps, 'vault' | 'recipients' | 'log' | 'onProgress'> {
  readonly signal: AbortSignal;
}

/**
 * Streams what the server sends into the bucket, an object for each tablespace, and the manifest. Memory is that of a few
 * parts of an upload. A store that stays away is waited for, and so does the server.
 *
 * @throws {@link VaultError} if the store refuses for good, {@link DumpError} if the server fails: then there is no object of
 * what was under way
 */
export async function storeFiles(
  here: Surroundings,
  name: BaseName & { readonly attempt: string },
  backup: BaseBackup,
): Promise<Pick<Base, 'tablespaces' | 'manifest'>> {
  const { signal, log } = here;
  const patience = openPatience({
    signal,
    onRefusal: (refusal) => log.warn(refusal, 'the store did not take it: it will be sent again'),
    onTaken: (taken) => log.warn(taken, 'the store took what it had refused'),
  });
  const totalBytes = backup.tablespaces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const { recipients } = here;
  const store = async (plainFile: string, bytes: AsyncIterable<Buffer>, expectedBytes: number) => {
    const file = recipients ? sealedKey(plainFile) : plainFile;
    const content = recipients ? sealChunks(bytes, await recipients.begin()) : bytes;
    const key = baseFileKey(here.vault.prefix, name, name.attempt, file);
    const { take, measured } = measureBytes(() => here.onProgress?.({ doneBytes: backup.contentBytes(), totalBytes }));
    const partSizeBytes = partSizeFor(expectedBytes, here.vault.config.maxParts);
    await here.vault.upload(key, bodyOf(seen(content, take)), { partSizeBytes, signal, patience });
    return { file, ...measured() };
  };
  const tablespaces: Base['tablespaces'] = [];
  for (let file = await backup.nextFile(); file !== undefined; file = await backup.nextFile()) {
    const { tablespace } = file;
    if (tablespace === undefined) return { tablespaces, manifest: await store(file.name, file.bytes, 0) };
    const stored = await store(...archiveOf(file, backup.isCompressed), tablespace.sizeBytes);
    const { oid, location } = tablespace;
    tablespaces.push({ ...stored, ...(oid !== undefined && { oid }), ...(location !== undefined && { location }) });
  }
  throw new Error('the server sent no manifest');
}

function archiveOf({ name, bytes }: SentFile, isCompressed: boolean): [file: string, bytes: AsyncIterable<Buffer>] {
  return isCompressed ? [name, bytes] : [`${name}.zst`, compressStream(bytes)];
}

async function* seen(bytes: AsyncIterable<Buffer>, take: (bytes: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const chunk of bytes) {
    take(chunk);
    yield chunk;
  }
}
