import { clustersFolder } from '../../wal/keys.ts';
import type { ListingVault } from './refresh-copy.ts';

/**
 * A vault as dumps see it: listings of all of it leave clusters out, and pass over their pages, which may be many more
 * than all others.
 *
 * @param onClusters - is called where a listing shows that there are some
 */
export function withoutClusters(vault: ListingVault, onClusters: () => void): ListingVault {
  const folder = clustersFolder(vault.prefix);
  // No key of a cluster comes after this one.
  const lastOfAll = `${folder}\u{10FFFF}`;
  return {
    prefix: vault.prefix,
    async *listPages(asked, { after, signal } = {}) {
      for await (const page of vault.listPages(asked, { after, signal })) {
        const others = page.filter(({ key }) => !key.startsWith(folder));
        if (others.length < page.length) onClusters();
        yield others;
        if (!page.at(-1)?.key.startsWith(folder)) continue;
        yield* vault.listPages(asked, { after: lastOfAll, signal });
        return;
      }
    },
    async listLevel(signal, asked) {
      const { objects, folders } = await vault.listLevel(signal, asked);
      if (folders.includes(folder)) onClusters();
      return { objects, folders: folders.filter((one) => one !== folder) };
    },
  };
}
