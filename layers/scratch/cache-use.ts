import { readdir, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DAY_MS } from '../backup/instant.ts';
import { lockFile } from '../debian/file-lock.ts';
import { newestIn } from './made.ts';

/** A drill's use of installations and locales. */
export interface CacheUse {
  /** The last one who ends it clears the cache. */
  end(): Promise<void>;
}

/** For so long a server or locales wait for the next drill that asks for them: they are dear to fetch. */
const UNUSED_MS = 30 * DAY_MS;
/** What was replaced by a newer one, or never finished, goes after so long. */
const REPLACED_MS = DAY_MS;
const LOCK = 'in-use.lock';
const MARK = '.used';

/**
 * As long as anybody uses a cache, in whatever process, nothing in it is removed. The kernel ends the use of one who was
 * killed.
 */
export async function useCache(cacheDir: string, signal?: AbortSignal): Promise<CacheUse> {
  const lock = await lockFile(join(resolve(cacheDir), LOCK), { shared: true, signal });
  return {
    async end() {
      await lock?.release();
      // It only saves disk: the next one tries again.
      await clearCache(cacheDir, new Date()).catch(() => {});
    },
  };
}

/** Notes that somebody asked for a folder of the cache. */
export async function markUsed(folder: string): Promise<void> {
  const mark = join(folder, MARK);
  const now = new Date();
  await utimes(mark, now, now)
    .catch(() => writeFile(mark, ''))
    .catch(() => {});
}

/**
 * Removes installations and locales that nobody has asked for in 30 days, and those that were replaced or never finished.
 * Nothing at all while the cache is used.
 *
 * @returns the folders that were removed
 */
export async function clearCache(cacheDir: string, now: Date): Promise<string[]> {
  const root = resolve(cacheDir);
  const lock = await lockFile(join(root, LOCK), { wait: false });
  if (lock === undefined) return [];
  try {
    const removed = [
      ...(await Promise.all((await foldersIn(join(root, 'scratch'))).map((place) => clearPlace(place, now)))).flat(),
      ...(await old(await foldersIn(join(root, 'locales')), now, UNUSED_MS)),
    ];
    for (const folder of removed) await rm(folder, { recursive: true, force: true });
    for (const place of await foldersIn(join(root, 'scratch'))) {
      if ((await readdir(place)).length > 0) continue;
      await rmdir(place);
      await rm(`${place}.looked`, { force: true });
    }
    return removed;
  } finally {
    await lock.release();
  }
}

/** What may go of one set of packages. */
async function clearPlace(place: string, now: Date): Promise<string[]> {
  const current = (await newestIn(place))?.folder;
  const others = (await foldersIn(place)).filter((folder) => folder !== current);
  return [...(await old(others, now, REPLACED_MS)), ...(await old(current ? [current] : [], now, UNUSED_MS))];
}

/** Those that nobody has asked for in so long, or touched: dpkg sets modification times back to when a package was built. */
async function old(folders: readonly string[], now: Date, unusedMs: number): Promise<string[]> {
  const usedAt = await Promise.all(
    folders.map(async (folder) => {
      const mark = await stat(join(folder, MARK)).catch(() => undefined);
      return mark?.mtimeMs ?? (await stat(folder)).ctimeMs;
    }),
  );
  return folders.filter((_, index) => now.getTime() - (usedAt[index] ?? 0) > unusedMs);
}

async function foldersIn(parent: string): Promise<string[]> {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(parent, name));
}
