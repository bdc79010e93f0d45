import type { ListedObject } from '../../../layers/backup/catalog.ts';
import { compareKeys } from '../../../layers/catalog/listing/ranges.ts';
import type { ListingVault } from '../../../layers/catalog/listing/refresh-copy.ts';

/** When everything in it was written. */
export const LISTED_AT = new Date('2026-11-23T12:00:00Z');
/** So many objects come in a page. */
export const LISTING_PAGE = 4;

/** What a bucket holds: bytes by key. */
export type Contents = ReadonlyMap<string, number>;

/** In the order of UTF-8's bytes, as a store lists. */
export function sortedListing(contents: Contents): ListedObject[] {
  return [...contents]
    .map(([key, sizeBytes]) => ({ key, sizeBytes, modifiedAt: LISTED_AT }))
    .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
}

/** A store that lists, below `p/`, a few objects a page. @param ask - is called for each request, and may throw */
export function vaultOf(contents: Contents, ask: () => void = () => {}): ListingVault & { answered(): number } {
  const objects = sortedListing(contents);
  let answered = 0;
  return {
    prefix: 'p/',
    answered: () => answered,
    async *listPages(folder, { after } = {}) {
      const there = objects.filter(
        ({ key }) => key.startsWith(folder) && (after === undefined || compareKeys(key, after) > 0),
      );
      for (let at = 0; at === 0 || at < there.length; at += LISTING_PAGE) {
        ask();
        answered++;
        yield there.slice(at, at + LISTING_PAGE);
      }
    },
    async listLevel(_, folder = 'p/') {
      ask();
      answered++;
      const inside = objects.filter(({ key }) => key.startsWith(folder));
      const rest = inside.map(({ key }) => key.slice(folder.length));
      const folders = new Set(rest.filter((key) => key.includes('/')).map((key) => `${folder}${key.split('/')[0]}/`));
      return { objects: inside.filter((_, index) => !rest[index]?.includes('/')), folders: [...folders] };
    },
  };
}
