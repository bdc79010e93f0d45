import { mkdtemp, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError, textOf, VaultError } from '../backup/errors.ts';
import type { Manifest } from '../backup/manifest.ts';
import { freeBytes } from '../postgres/places/free-space.ts';
import { opened } from '../seal/opening-vault.ts';
import { checkedBytes } from '../vault/checked-bytes.ts';
import type { ArchiveStore } from './deps.ts';

/** An archive on its way into a database. */
export interface OpenArchive {
  readonly source: { readonly file: string; readonly jobs: number } | { readonly bytes: AsyncIterable<Buffer> };
  /** Removes the file, if there is one. */
  close(): Promise<void>;
}

export interface ArchiveOptions {
  readonly jobs: number;
  /** Where a file may be put, if more than one job needs one. */
  readonly temporaryFolder: string;
  readonly onBytes: (doneBytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Opens a backup's archive. For several jobs it is downloaded first, and given only if its SHA-256 is the manifest's;
 * for one it is streamed, see {@link checkedBytes}. One that is in a file already is read there.
 *
 * @throws {@link VaultError} if it is not there, or not what the manifest says; {@link ConfigError} if the disk is short
 * or the folder cannot be written
 */
export async function openArchive(
  store: ArchiveStore,
  manifest: Manifest,
  options: ArchiveOptions,
): Promise<OpenArchive> {
  const { archive } = manifest;
  const { jobs, temporaryFolder, onBytes, signal } = options;
  if (jobs === 1) {
    const bytes = await storedBytes(store, archive.key, signal);
    const hint = 'the restored data must not be trusted: drop it, and restore another backup';
    const checked = checkedBytes(bytes, archive, hint, onBytes);
    return { source: { bytes: opened(store, archive.key, checked) }, close: async () => {} };
  }
  const there = store.fileOf?.(archive.key);
  if (there !== undefined) return { source: { file: there, jobs }, close: async () => {} };
  const folder = await mkdtemp(path.join(temporaryFolder, 'pgvouch-restore-')).catch((error) => {
    throw refused(temporaryFolder, textOf(error), error);
  });
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    checkRoom(archive.sizeBytes, folder);
    const bytes = await storedBytes(store, archive.key, signal);
    const file = path.join(folder, 'archive.dump');
    const checked = checkedBytes(bytes, archive, 'nothing was restored: choose another backup', onBytes);
    await writeAll(file, opened(store, archive.key, checked));
    return { source: { file, jobs }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** An object's bytes, opened if it is sealed. @throws {@link VaultError} if it is missing */
export async function bytesOf(store: ArchiveStore, key: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
  return opened(store, key, await storedBytes(store, key, signal));
}

async function storedBytes(store: ArchiveStore, key: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
  const bytes = await store.getBytes(key, signal);
  if (bytes) return bytes;
  throw new VaultError({ operation: 'read', subject: key, problem: 'it is missing', hint: 'choose another backup' });
}

function checkRoom(sizeBytes: number, folder: string): void {
  const free = freeBytes(folder);
  if (sizeBytes >= free) throw refused(folder, `the archive has ${sizeBytes} bytes, but only ${free} are free there`);
}

async function writeAll(file: string, bytes: AsyncIterable<Buffer>): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    for await (const chunk of bytes) {
      await handle.writeFile(chunk).catch((error) => {
        throw refused(file, textOf(error), error);
      });
    }
  } finally {
    await handle.close();
  }
}

function refused(subject: string, problem: string, cause?: unknown): ConfigError {
  const hint = 'set TMPDIR to a folder with more room, or leave out --jobs: one job needs no file';
  return new ConfigError({ operation: 'download to', subject, problem, hint, cause });
}
