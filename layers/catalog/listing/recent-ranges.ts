import type { ListedObject } from '../../backup/catalog.ts';
import { DAY_MS, formatFiredAt, parseFiredAt } from '../../backup/instant.ts';
import { failureFolder } from '../../backup/keys.ts';
import { firstIndex, folderRange, following, inRange, type Range } from './ranges.ts';

const TAIL_DAYS = 3;
/** So many objects that are known are listed again at most: one request, and room for what is new. */
const TAIL_OBJECTS = 900;
/** Of failure records, where there are more than fit beside the backups. */
const TAIL_FAILURES = 200;

/**
 * The ends of one database's folder, where things happen: new backups, verdicts, failures. They begin three days before
 * the last listing, or at the oldest backup that waits for its verdict, and always end at the end: the newest is never
 * missed. How long they are depends on what is written in days, never on how many backups there are. Pure.
 *
 * @param known - everything known of the vault, sorted
 * @param folder - the database's, with its slash
 * @param listedAt - when the ends were listed last
 */
export function planTails(known: readonly ListedObject[], folder: string, listedAt: Date): Range[] {
  const failures = failureFolder(folder);
  const { before } = folderRange(failures);
  const objects = inRange(known, { from: folder, before });
  const split = firstIndex(objects, failures);
  const backups = objects.slice(0, split);
  const recent = `${folder}${formatFiredAt(new Date(listedAt.getTime() - TAIL_DAYS * DAY_MS))}`;
  const begin = Math.max(
    Math.min(firstIndex(backups, recent), firstWithoutVerdict(backups, folder)),
    backups.length - TAIL_OBJECTS,
  );
  // From the last key that is left alone, so that something new before the first that is listed again shows too.
  const from = fromAfter(backups[begin - 1]?.key, folder);
  if (objects.length - Math.max(begin, 0) <= TAIL_OBJECTS) return [{ from, before }];
  const older = objects.slice(split, Math.max(split, objects.length - TAIL_FAILURES)).at(-1);
  return [
    { from, before: failures },
    { from: fromAfter(older?.key, failures), before },
  ];
}

function fromAfter(key: string | undefined, otherwise: string): string {
  return key === undefined ? otherwise : following(key);
}

function firstWithoutVerdict(backups: readonly ListedObject[], folder: string): number {
  let begin = 0;
  let firing = '';
  let proved = true;
  for (const [index, { key }] of backups.entries()) {
    const [name = ''] = key.slice(folder.length).split('/', 1);
    if (name !== firing) {
      if (!proved) return begin;
      begin = index;
      firing = name;
      // What others put there waits for nothing.
      proved = parseFiredAt(name) === undefined;
    }
    proved ||= key.startsWith('verdict-', folder.length + name.length + 1);
  }
  return proved ? backups.length : begin;
}
