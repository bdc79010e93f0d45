import type { LeftOut } from '../../../layers/postgres/complaints/pass-over.ts';
import type { ArchiveEntry } from '../../../layers/postgres/programs/archive-entries.ts';

type Heard = Pick<LeftOut, 'entry' | 'command' | 'said' | 'what'>;

/**
 * What was left out, with the entry that it really is. Parallel jobs write into one another's lines, so that what pg_restore
 * said last of an entry may have come from another job. The statement that the server refused tells which it is; of rows, the
 * name of their table does. Pure.
 *
 * @returns the same if no entry is known to fit better
 */
export function attributed<One extends Heard>(one: One, entries: readonly ArchiveEntry[]): One {
  const fits = fittingOf(one);
  const fitting = fits === undefined ? [] : entries.filter(fits);
  const [found] = fitting;
  if (found === undefined || fitting.some(({ id }) => id === one.entry?.id)) return one;
  const what = `${found.type} ${found.name}`;
  return { ...one, entry: { id: found.id, what }, what };
}

function fittingOf({ command, said }: Heard): ((entry: ArchiveEntry) => boolean) | undefined {
  // A long statement may be shortened.
  const start = command?.replace(/\.\.\.$/, '') ?? '';
  if (start !== '') return ({ sql }) => sql.includes(start);
  const table = /^COPY failed for table "(.*?)": /.exec(said)?.[1];
  return table === undefined ? undefined : ({ type, name }) => type === 'TABLE DATA' && name === table;
}
