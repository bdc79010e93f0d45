import type { ListedObject } from '../../layers/backup/catalog.ts';
import { parseSharedGlobalsKey } from '../../layers/backup/shared-globals-key.ts';

/**
 * Which globals of a firing a dump may name: of those of the same state the ones that were written first, so that dumps
 * beside one another choose the same. Pure.
 *
 * @param listed - what there is of the firing
 */
export function usableGlobals(
  prefix: string,
  listed: readonly ListedObject[],
  { state, writtenAfter }: { readonly state: string; readonly writtenAfter: Date },
): { readonly key: string; readonly sizeBytes: number; readonly sha256: string } | undefined {
  const [first] = listed
    .flatMap(({ key, sizeBytes, modifiedAt }) => {
      const name = parseSharedGlobalsKey(prefix, key);
      if (name?.state !== state || modifiedAt <= writtenAfter) return [];
      return [{ key, sizeBytes, sha256: name.sha256, modifiedAt }];
    })
    .sort((a, b) => a.modifiedAt.getTime() - b.modifiedAt.getTime() || (a.key < b.key ? -1 : 1));
  return first && { key: first.key, sizeBytes: first.sizeBytes, sha256: first.sha256 };
}
