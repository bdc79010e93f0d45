import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { listContents } from '../../../layers/postgres/places/target-contents.ts';
import { readEntries } from '../../../layers/postgres/programs/archive-entries.ts';
import type { ClientPrograms } from '../../../layers/postgres/programs/client-programs.ts';
import { bytesOf } from './archive.ts';
import type { Table } from './choose-tables.ts';
import type { RestoreDeps } from './deps.ts';
import type { RestoreRequest } from './request.ts';
import { selectEntries } from './select-entries.ts';

/** Which entries pg_restore is to take. */
export interface OpenSelection {
  readonly args: readonly string[];
  /** The tables themselves, with those that they are partitions of. */
  readonly tables: readonly { readonly schema: string | null; readonly name: string }[];
  /** What belongs to the tables and does not come along. */
  readonly leftOut: readonly string[];
  /** Removes the list. */
  close(): Promise<void>;
}

/**
 * Writes the list of what belongs to single tables, for pg_restore: its own options would mix up names of several
 * schemas, and bring no index.
 */
export async function openSelection(
  { vault }: Pick<RestoreDeps, 'vault'>,
  { backup, to, options, signal }: RestoreRequest,
  client: ClientPrograms,
  tables: readonly Table[],
): Promise<OpenSelection> {
  if (tables.length === 0) return { args: [], tables: [], leftOut: [], close: async () => {} };
  const archive = await bytesOf(vault, backup.manifest.archive.key, signal);
  const entries = await readEntries(client, archive, `"${backup.entry.database}"`, signal);
  const key = (one: { readonly schema: string | null; readonly name: string }) =>
    JSON.stringify([one.schema, one.name]);
  const held = new Set((await listContents(to.target, to.database, false)).map(key));
  const { ids, leftOut, chosen } = selectEntries(entries, tables, {
    complete: options.complete,
    there: (entry) => held.has(key(entry)) || (entry.type === 'SCHEMA' && entry.name === 'public'),
  });
  const list = await writeList(options.temporaryFolder, ids);
  return { ...list, leftOut, tables: chosen };
}

/** @param ids - of entries, in the archive's order */
export async function writeList(
  temporaryFolder: string,
  ids: readonly number[],
): Promise<Pick<OpenSelection, 'args' | 'close'>> {
  const folder = await mkdtemp(path.join(temporaryFolder, 'pgvouch-list-'));
  const file = path.join(folder, 'entries');
  await writeFile(file, ids.map((id) => `${id};\n`).join(''));
  return { args: [`--use-list=${file}`], close: () => rm(folder, { recursive: true, force: true }) };
}
