import type { ListedObject } from '../../backup/catalog.ts';
import { folderRange, following, inRange, type Range, replaceRange } from './ranges.ts';
import type { ListingVault } from './refresh-copy.ts';

/** What is known of a cluster's objects: all of them, sorted by key. */
export interface ClusterCopy {
  readonly objects: readonly ListedObject[];
  /** The key up to which the round through everything has come; undefined where it begins. */
  readonly cursor: string | undefined;
}

interface Stretch {
  readonly range: Range;
  readonly objects: readonly ListedObject[];
}

/**
 * Brings the copy of a cluster up to date. Where there are many objects it lists where things happen: base backups and the
 * oldest WAL, which retention removes; the newest WAL, from the last finished segment that is known; and one page of a
 * round through everything, for what anything else changed.
 *
 * @param folder - the cluster's, with its slash
 * @param copy - undefined if nothing is known yet: then all is listed
 * @param smallObjects - up to so many are listed whole each time
 */
export async function refreshCluster(
  vault: ListingVault,
  folder: string,
  copy: ClusterCopy | undefined,
  { signal, smallObjects }: { readonly signal: AbortSignal; readonly smallObjects: number },
): Promise<ClusterCopy> {
  const wal = `${folder}wal/`;
  const list = (after: string | undefined, isEnough: (last: string) => boolean) =>
    listUntil(vault, folder, after, isEnough, signal);
  if (copy === undefined || copy.objects.length <= smallObjects) {
    const whole = await list(undefined, () => false);
    return { objects: replaceRange(copy?.objects ?? [], whole.range, whole.objects), cursor: undefined };
  }
  const [head, round, tail] = await Promise.all([
    list(undefined, (last) => last > wal),
    list(copy.cursor, () => true),
    list(lastFinished(copy.objects, wal), () => false),
  ]);
  let objects = copy.objects;
  for (const { range, objects: listed } of [head, round, tail]) objects = replaceRange(objects, range, listed);
  return { objects, cursor: round.range.before === folderRange(folder).before ? undefined : round.objects.at(-1)?.key };
}

/** Lists pages after a key until the last key of one is enough, or to the folder's end. */
async function listUntil(
  vault: ListingVault,
  folder: string,
  after: string | undefined,
  isEnough: (last: string) => boolean,
  signal: AbortSignal,
): Promise<Stretch> {
  const objects: ListedObject[] = [];
  const from = after === undefined ? folder : following(after);
  for await (const page of vault.listPages(folder, { after, signal })) {
    for (const object of page) objects.push(object);
    const last = page.at(-1)?.key;
    if (last !== undefined && isEnough(last)) return { range: { from, before: following(last) }, objects };
  }
  return { range: { ...folderRange(folder), from }, objects };
}

/** What came before is there for good, until retention removes it. */
function lastFinished(objects: readonly ListedObject[], wal: string): string | undefined {
  const known = inRange(objects, folderRange(wal));
  return known.findLast(({ key }) => /\.zst(\.age)?$/.test(key) && !/\.partial\.zst(\.age)?$/.test(key))?.key;
}
