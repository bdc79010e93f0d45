import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Base } from '../wal/base.ts';
import type { StoredBase } from '../wal/stored-base.ts';
import { type BringDeps, bringBase } from './bring-base.ts';
import { bringChain } from './bring-chain.ts';
import { type Place, preparePlace, writeOwned } from './data-directory.ts';

export interface BringRequest {
  /** What is put together: the full base backup first; see chainOf. */
  readonly chain: readonly StoredBase[];
  /** Absolute. It is made, or there and empty. */
  readonly dataDir: string;
  /** Where each tablespace is to be, by where it was: one for each. */
  readonly tablespaces: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
}

/** A cluster's files, from which PostgreSQL can recover. */
export interface BroughtCluster {
  readonly main: Place;
  /** Takes all of it away again. */
  clear(): Promise<void>;
}

/**
 * Puts the files of a base backup into their folders, increments put together. If it fails, nothing is left.
 *
 * @throws {@link PolicyError} if a folder is not empty, {@link ConfigError} if the disk is short, {@link VaultError} if the
 * base backup is not what was stored
 * @throws the signal's reason, if it aborts
 */
export async function bringCluster(deps: BringDeps, request: BringRequest): Promise<BroughtCluster> {
  const { chain, dataDir, tablespaces, signal } = request;
  const stored = chain.at(-1);
  if (stored === undefined) throw new Error('a plan begins with a base backup');
  const { base } = stored;
  const folders = foldersOf(base, request);
  const contentBytes = Math.max(...chain.map((one) => one.base.contentBytes));
  const places: Place[] = [];
  const clear = async () => {
    for (const place of places) await place.clear();
  };
  try {
    for (const [file, folder] of folders) {
      places.push(await preparePlace(folder, file === mainFile(base) ? contentBytes : 0));
    }
    const main = places.find(({ folder }) => folder === dataDir);
    if (main === undefined) throw new Error('a base backup has a data directory');
    if (chain.length === 1) await bringBase(deps, stored, folders, main, signal);
    else await bringChain(deps, chain, folders, main, signal);
    await writeTablespaceMap(main, base, tablespaces);
    // A base backup of a standby has it, and then a target would not count.
    await rm(path.join(main.folder, 'standby.signal'), { force: true });
    return { main, clear };
  } catch (error) {
    await clear();
    signal.throwIfAborted();
    throw error;
  }
}

/** Where the files go: by the file of the base backup. */
function foldersOf(base: Base, { dataDir, tablespaces }: BringRequest): Map<string, string> {
  return new Map(
    base.tablespaces.map(({ file, location }) => [
      file,
      location === undefined ? dataDir : (tablespaces.get(location) ?? dataDir),
    ]),
  );
}

function mainFile({ tablespaces }: Base): string | undefined {
  return tablespaces.find(({ location }) => location === undefined)?.file;
}

/** PostgreSQL makes its links from it. */
async function writeTablespaceMap(main: Place, base: Base, tablespaces: ReadonlyMap<string, string>): Promise<void> {
  const moved = base.tablespaces.filter(({ oid }) => oid !== undefined);
  if (moved.length === 0) return;
  const lines = moved.map(({ oid = '', location = '' }) => mapLine(oid, tablespaces.get(location) ?? location));
  await writeOwned(main, 'tablespace_map', lines.map((line) => `${line}\n`).join(''));
}

/** Where a tablespace is. @see src/backend/access/transam/xlogrecovery.c, read_tablespace_map */
export function mapLine(oid: string, location: string): string {
  return `${oid} ${location.replace(/[\\\n\r]/g, '\\$&')}`;
}
