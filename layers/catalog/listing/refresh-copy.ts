import type { ListedObject } from '../../backup/catalog.ts';
import { mapBounded } from '../../backup/map-bounded.ts';
import type { Vault } from '../../vault/vault.ts';
import { compareKeys, folderRange, following, inRange, type Range, replaceRange } from './ranges.ts';
import { planTails } from './recent-ranges.ts';

/** What is known of the vault's objects: all of them, sorted by key, each as a listing showed it. */
export interface Copy {
  readonly objects: readonly ListedObject[];
  /** When the ends of all folders were listed last; by our clock. */
  readonly listedAt: Date;
  /** The key up to which the round through everything has come; undefined where it begins. */
  readonly cursor: string | undefined;
}

/** A vault of up to so many objects is listed whole each time. */
export const SMALL_OBJECTS = 2_500;
const SMALL_PAGES = 3;
/** How much of the round is done at each look. */
const ROUND_PAGES = 3;
const CONCURRENCY = 16;

/** The part of a vault that lists. */
export type ListingVault = Pick<Vault, 'prefix' | 'listPages' | 'listLevel'>;

/**
 * Brings the copy up to date with a bounded number of requests, however many objects there are: what lies directly below
 * the prefix, the ends of every folder, and a few pages of a round through everything, which shows what changed in old
 * backups after as many looks as the vault has times three pages. A small vault is listed whole, and exact.
 *
 * @param copy - undefined if nothing is known yet: then all is listed, the folders at once
 * @param now - by our clock
 * @throws {@link VaultError} if the store does not answer; the copy given stays what it was
 */
export async function refreshCopy(
  vault: ListingVault,
  copy: Copy | undefined,
  {
    now,
    signal,
    smallObjects = SMALL_OBJECTS,
  }: { readonly now: Date; readonly signal: AbortSignal; readonly smallObjects?: number },
): Promise<Copy> {
  if (copy === undefined) return firstCopy(vault, now, signal);
  if (copy.objects.length <= smallObjects) {
    const { objects } = await listFrom(vault, undefined, Number.POSITIVE_INFINITY, signal);
    return { objects: replaceRange(copy.objects, { from: '' }, objects), listedAt: now, cursor: undefined };
  }
  const folders = foldersOf(vault.prefix, copy.objects);
  const tails = folders.flatMap((folder) =>
    planTails(copy.objects, folder, copy.listedAt).map((range) => ({ folder, range })),
  );
  const [level, round, ends] = await Promise.all([
    vault.listLevel(signal),
    listFrom(vault, copy.cursor, ROUND_PAGES, signal),
    listRanges(vault, tails, signal),
  ]);
  let objects = replaceRange(copy.objects, round.range, round.objects);
  for (const { range, listed } of ends) objects = replaceRange(objects, range, listed);
  for (const folder of folders) {
    if (!level.folders.includes(folder)) objects = replaceRange(objects, folderRange(folder), []);
  }
  const fresh = level.folders.filter((folder) => !folders.includes(folder));
  for (const { range, listed } of await listRanges(vault, wholes(fresh), signal)) {
    objects = replaceRange(objects, range, listed);
  }
  return { objects: replaceLevel(vault.prefix, objects, level.objects), listedAt: now, cursor: round.cursor };
}

async function firstCopy(vault: ListingVault, now: Date, signal: AbortSignal): Promise<Copy> {
  const begin = await listFrom(vault, undefined, SMALL_PAGES, signal);
  const { cursor } = begin;
  if (cursor === undefined) return { objects: begin.objects, listedAt: now, cursor };
  const level = await vault.listLevel(signal);
  const rest = wholes(level.folders).flatMap(({ folder, range: { from, before = '' } }) => {
    if (compareKeys(before, cursor) <= 0) return [];
    return [{ folder, range: { from: compareKeys(from, cursor) > 0 ? from : following(cursor), before } }];
  });
  let objects: readonly ListedObject[] = begin.objects;
  for (const { range, listed } of await listRanges(vault, rest, signal)) {
    objects = replaceRange(objects, range, listed);
  }
  return { objects: replaceLevel(vault.prefix, objects, level.objects), listedAt: now, cursor: undefined };
}

/** Lists so many pages after a key: the next cursor is undefined once the end is reached. */
async function listFrom(vault: ListingVault, after: string | undefined, pages: number, signal: AbortSignal) {
  const objects: ListedObject[] = [];
  const from = after === undefined ? '' : following(after);
  let listed = 0;
  for await (const page of vault.listPages(vault.prefix, { after, signal })) {
    for (const object of page) objects.push(object);
    listed++;
    const cursor = page.at(-1)?.key;
    if (listed < pages || cursor === undefined) continue;
    return { objects, cursor, range: { from, before: following(cursor) } };
  }
  return { objects, cursor: undefined, range: { from } };
}

interface FolderRange {
  readonly folder: string;
  readonly range: Range;
}

function wholes(folders: readonly string[]): FolderRange[] {
  return folders.map((folder) => ({ folder, range: folderRange(folder) }));
}

function listRanges(vault: ListingVault, ranges: readonly FolderRange[], signal: AbortSignal) {
  return mapBounded(ranges, CONCURRENCY, async ({ folder, range }) => {
    const { from, before } = range;
    // A store begins after a key. Where a range begins with all that begins so, the key is a prefix.
    const [prefix, after] = from.endsWith('\0') ? [folder, from.slice(0, -1)] : [from, undefined];
    const objects: ListedObject[] = [];
    for await (const page of vault.listPages(prefix, { after, signal })) {
      for (const object of page) objects.push(object);
      const last = page.at(-1);
      if (last !== undefined && before !== undefined && compareKeys(last.key, before) >= 0) break;
    }
    return { range, listed: inRange(objects, range) };
  });
}

/** What lies directly below the prefix, between the folders. */
function replaceLevel(prefix: string, known: readonly ListedObject[], listed: readonly ListedObject[]) {
  const there = new Set(listed.map(({ key }) => key));
  let objects = known;
  for (const { key } of known) {
    const isDirect = !key.includes('/', prefix.length);
    if (isDirect && !there.has(key)) objects = replaceRange(objects, { from: key, before: following(key) }, []);
  }
  for (const object of listed) {
    objects = replaceRange(objects, { from: object.key, before: following(object.key) }, [object]);
  }
  return objects;
}

function foldersOf(prefix: string, objects: readonly ListedObject[]): string[] {
  const folders: string[] = [];
  for (const { key } of objects) {
    const last = folders.at(-1);
    if (last !== undefined && key.startsWith(last)) continue;
    const slash = key.indexOf('/', prefix.length);
    if (slash > 0) folders.push(key.slice(0, slash + 1));
  }
  return folders;
}
