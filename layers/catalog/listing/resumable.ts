import type { ListedObject } from '../../backup/catalog.ts';
import type { Level } from '../../vault/listing.ts';
import type { ListingVault } from './refresh-copy.ts';

/**
 * A vault whose listings go on where they were broken off: a page that was listed once is not asked for again. So a
 * listing that takes longer than one look gets done in several.
 *
 * What changed behind a listing does not show through it: it is for one listing of everything, and then to be dropped.
 */
export function resumable(vault: ListingVault): ListingVault {
  const listings = new Map<string, Listing>();
  let level: Level | undefined;
  return {
    prefix: vault.prefix,
    async *listPages(folder, { after, signal } = {}) {
      const id = JSON.stringify([folder, after]);
      const listing = listings.get(id) ?? { pages: [], last: after, ended: false };
      listings.set(id, listing);
      yield* listing.pages;
      if (listing.ended) return;
      let last = listing.last;
      for await (const page of vault.listPages(folder, { after: last, signal })) {
        // A look that was given up may still be listing the same: who is ahead is the one that is remembered.
        if (listing.last === last) {
          listing.pages.push(page);
          listing.last = page.at(-1)?.key ?? last;
        }
        last = page.at(-1)?.key ?? last;
        yield page;
      }
      listing.ended = true;
    },
    async listLevel(signal, folder) {
      if (folder !== undefined) return vault.listLevel(signal, folder);
      level ??= await vault.listLevel(signal);
      return level;
    },
  };
}

interface Listing {
  readonly pages: (readonly ListedObject[])[];
  /** The last key that was listed. */
  last: string | undefined;
  ended: boolean;
}
