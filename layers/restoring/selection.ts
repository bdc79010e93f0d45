import { listContents } from '../postgres/places/target-contents.ts';
import { type ArchiveEntry, readEntries } from '../postgres/programs/archive-entries.ts';
import type { ClientPrograms } from '../postgres/programs/client-programs.ts';
import { bytesOf } from './archive.ts';
import type { Table } from './choose-tables.ts';
import type { RestoreDeps } from './deps.ts';
import type { RestoreRequest } from './request.ts';
import { selectEntries } from './select-entries.ts';

/** What pg_restore is to take. */
export interface Selected {
  readonly entries: readonly ArchiveEntry[];
  /** The tables themselves, with those that they are partitions of. */
  readonly tables: readonly { readonly schema: string | null; readonly name: string }[];
  /** What belongs to the tables and does not come along. */
  readonly leftOut: readonly string[];
}

/**
 * Finds what belongs to single tables; undefined if all of the archive is wanted. pg_restore's own options would mix up names
 * of several schemas, and bring no index.
 */
export async function select(
  { store }: Pick<RestoreDeps, 'store'>,
  { backup, to, options, signal }: RestoreRequest,
  client: ClientPrograms,
  tables: readonly Table[],
): Promise<Selected | undefined> {
  if (tables.length === 0) return undefined;
  const archive = await bytesOf(store, backup.manifest.archive.key, signal);
  const entries = await readEntries(client, archive, `"${backup.entry.database}"`, signal);
  const key = (one: { readonly schema: string | null; readonly name: string }) =>
    JSON.stringify([one.schema, one.name]);
  const held = new Set((await listContents(to.target, to.database, false)).map(key));
  const { ids, leftOut, chosen } = selectEntries(entries, tables, {
    complete: options.complete,
    there: (entry) => held.has(key(entry)) || (entry.type === 'SCHEMA' && entry.name === 'public'),
  });
  const ours = new Set(ids);
  return { entries: entries.filter(({ id }) => ours.has(id)), leftOut, tables: chosen };
}
