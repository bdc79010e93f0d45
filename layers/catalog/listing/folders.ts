import { buildCatalog, type Catalog, type Entry, type Failure, type ListedObject } from '../../backup/catalog.ts';
import { decodeSegment } from '../../backup/key-segment.ts';
import { databaseFolder, parseKey } from '../../backup/keys.ts';
import { clustersFolder } from '../../wal/keys.ts';

/** What a listing tells without reading any object. */
export interface Listed {
  /** Newest first. One is a backup only if its `manifest` is there. */
  readonly entries: readonly Entry[];
  /** Newest first. */
  readonly failures: readonly Failure[];
  /** Everything in the folder, of whatever shape. */
  readonly objects: number;
  readonly objectSizeBytes: number;
}

export interface Folders {
  /** By database: only those that have an object of ours. */
  readonly databases: ReadonlyMap<string, Listed>;
  /** What belongs to none, but for clusters' WAL, which is no part of any backup. */
  readonly strays: Listed;
}

/**
 * Takes a copy of the listing apart by database. What did not change since the last time is not looked at again: in a
 * large vault that is nearly everything.
 */
export function openFolders(prefix: string): (objects: readonly ListedObject[]) => Folders {
  let last: { objects: readonly ListedObject[]; folders: Folders } | undefined;
  let groups: ReadonlyMap<string, Group> = new Map();
  return (objects) => {
    if (last?.objects === objects) return last.folders;
    groups = groupByFolder(prefix, objects, groups);
    const folders = foldersOf(prefix, groups);
    last = { objects, folders };
    return folders;
  };
}

interface Group {
  readonly objects: readonly ListedObject[];
  readonly catalog: Catalog;
}

/** By the segment after the prefix; the empty one has what lies directly below the prefix. */
function groupByFolder(
  prefix: string,
  objects: readonly ListedObject[],
  former: ReadonlyMap<string, Group>,
): ReadonlyMap<string, Group> {
  const bySegment = new Map<string, ListedObject[]>();
  const clusters = clustersFolder(prefix);
  for (const object of objects) {
    if (object.key.startsWith(clusters)) continue;
    const slash = object.key.indexOf('/', prefix.length);
    const segment = slash < 0 ? '' : object.key.slice(prefix.length, slash);
    const list = bySegment.get(segment);
    if (list) list.push(object);
    else bySegment.set(segment, [object]);
  }
  const groups = new Map<string, Group>();
  for (const [segment, list] of bySegment) {
    const known = former.get(segment);
    const same = known?.objects.length === list.length && list.every((object, at) => object === known.objects[at]);
    groups.set(segment, known && same ? known : { objects: list, catalog: buildCatalog(prefix, list) });
  }
  return groups;
}

function foldersOf(prefix: string, groups: ReadonlyMap<string, Group>): Folders {
  const databases = new Map<string, Listed>();
  const strays: ListedObject[] = [];
  for (const [segment, { objects, catalog }] of groups) {
    const database = decodeSegment(segment);
    const failures = (database === undefined ? undefined : catalog.failures.get(database)) ?? [];
    const entries = (database === undefined ? undefined : catalog.entries.get(database)) ?? [];
    if (database === undefined || (entries.length === 0 && failures.length === 0)) {
      for (const object of objects) strays.push(object);
      continue;
    }
    // The folder of a database called "failures" also has the records of failures that belong to none.
    const foreign = catalog.failures.has(undefined) ? objects.filter(({ key }) => isStray(prefix, key)) : [];
    for (const object of foreign) strays.push(object);
    databases.set(database, {
      entries,
      failures,
      objects: objects.length - foreign.length,
      objectSizeBytes: sum(objects) - sum(foreign),
    });
  }
  const failures = [...groups.values()].flatMap(({ catalog }) => catalog.failures.get(undefined) ?? []);
  return { databases, strays: { entries: [], failures, objects: strays.length, objectSizeBytes: sum(strays) } };
}

function isStray(prefix: string, key: string): boolean {
  return key.startsWith(databaseFolder(prefix, 'failures')) && !parseKey(prefix, key)?.database;
}

function sum(objects: readonly ListedObject[]): number {
  return objects.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
}
