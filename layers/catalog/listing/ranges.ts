import type { ListedObject } from '../../backup/catalog.ts';

/** A stretch of the vault's keys: from one on, up to another that is outside. Without `before` up to the last there is. */
export interface Range {
  readonly from: string;
  readonly before?: string | undefined;
}

/**
 * Puts what a range was just listed to hold in the place of what was known of it. Pure.
 *
 * @param known - sorted by {@link compareKeys}, as is `listed`
 * @returns `known` itself if nothing changed; objects that did not change are the very same, so that whatever was
 *   derived from them can be kept
 */
export function replaceRange(
  known: readonly ListedObject[],
  range: Range,
  listed: readonly ListedObject[],
): readonly ListedObject[] {
  const begin = firstIndex(known, range.from);
  const old = inRange(known, range);
  const byKey = new Map(old.map((object) => [object.key, object]));
  const current = listed.map((object) => {
    const former = byKey.get(object.key);
    return former && isSame(former, object) ? former : object;
  });
  if (current.length === old.length && current.every((object, index) => object === old[index])) return known;
  return [...known.slice(0, begin), ...current, ...known.slice(begin + old.length)];
}

/** What of sorted objects lies in a range. */
export function inRange(objects: readonly ListedObject[], { from, before }: Range): readonly ListedObject[] {
  const begin = firstIndex(objects, from);
  return objects.slice(begin, before === undefined ? objects.length : Math.max(begin, firstIndex(objects, before)));
}

/** Everything whose key begins with a folder's, which ends in a slash. */
export function folderRange(folder: string): Range {
  // "0" follows the slash.
  return { from: folder, before: `${folder.slice(0, -1)}0` };
}

/** The first key that can come after one. */
export function following(key: string): string {
  return `${key}\0`;
}

/**
 * The order in which a store lists: that of UTF-8's bytes. JavaScript's own differs beyond U+FFFF, whose surrogates sort
 * before U+E000. Our keys are ASCII, but what others put below our prefix may not be.
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const one = a.charCodeAt(index);
    const other = b.charCodeAt(index);
    if (one !== other) return rank(one) - rank(other);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** The index of the first of sorted objects whose key is this one or comes after it. */
export function firstIndex(objects: readonly ListedObject[], from: string): number {
  let low = 0;
  let high = objects.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const object = objects[middle];
    if (object !== undefined && compareKeys(object.key, from) >= 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

function isSame(one: ListedObject, other: ListedObject): boolean {
  return one.sizeBytes === other.sizeBytes && one.modifiedAt.getTime() === other.modifiedAt.getTime();
}
