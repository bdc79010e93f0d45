import { PolicyError } from '../backup/errors.ts';
import type { OfferedExtension } from '../postgres/places/restore-target.ts';
import { type HeldObject, listContents } from '../postgres/places/target-contents.ts';
import { type ArchiveEntry, readEntries } from '../postgres/programs/archive-entries.ts';
import type { ClientPrograms } from '../postgres/programs/client-programs.ts';
import { bytes } from '../words/sizes.ts';
import { bytesOf } from './archive.ts';
import type { RestoreDeps } from './deps.ts';
import type { RestoreRequest } from './request.ts';

/** What is to be known before a whole database is replaced. */
export interface Replacing {
  readonly entries: readonly ArchiveEntry[];
  /** What the database holds that the backup does not, each as `table public.refund (16 kB)`. */
  readonly others: readonly string[];
}

export async function lookBeforeReplacing(
  { store }: Pick<RestoreDeps, 'store'>,
  { backup, to, signal }: RestoreRequest,
  client: ClientPrograms,
  superuser: boolean,
): Promise<Replacing> {
  const archive = await bytesOf(store, backup.manifest.archive.key, signal);
  const entries = await readEntries(client, archive, `"${backup.entry.database}"`, signal);
  return { entries, others: lossOf(await listContents(to.target, to.database, superuser), entries) };
}

/**
 * Leaves out what nobody but the owner of an extension may do to it, where the extension is there and somebody else's:
 * in a single transaction, one such refusal would be the end of the whole restore. Pure.
 *
 * @returns what is left to restore, and what is lost for it, a sentence each
 */
export function sparingExtensions(
  entries: readonly ArchiveEntry[],
  extensions: readonly Pick<OfferedExtension, 'name' | 'ofOthers'>[],
): { readonly entries: readonly ArchiveEntry[]; readonly leftOut: readonly string[] } {
  const spared = extensions.filter(({ ofOthers }) => ofOthers).map(({ name }) => name);
  const isOf = (type: string, prefix: string) => (entry: ArchiveEntry) =>
    entry.type === type && spared.some((name) => [name, `"${name}"`].some((one) => entry.name === prefix + one));
  const isThere = isOf('EXTENSION', '');
  const isComment = isOf('COMMENT', 'EXTENSION ');
  return {
    entries: entries.filter((entry) => !isThere(entry) && !isComment(entry)),
    leftOut: entries.filter(isComment).map(({ name }) => `COMMENT ${name}: the extension belongs to another role`),
  };
}

/** What is lost if a database is emptied. What bears a name that the archive has is replaced, whatever it is now. Pure. */
export function lossOf(held: readonly HeldObject[], entries: readonly ArchiveEntry[]): string[] {
  const key = ({ schema, name }: { readonly schema: string | null; readonly name: string }) =>
    JSON.stringify([schema, name]);
  const known = new Set(entries.map(key));
  return (
    held
      .filter((object) => !known.has(key(object)))
      // A schema that holds something is lost with that.
      .filter(({ type, name }) => type !== 'schema' || !held.some(({ schema }) => schema === name))
      .map(
        ({ type, identity, sizeBytes }) => `${type} ${identity}${sizeBytes === null ? '' : ` (${bytes(sizeBytes)})`}`,
      )
  );
}

const MOST_TOLD = 20;

/** `table public.refund (16 kB), view public.v and 3 more` */
export function describeLoss(lost: readonly string[]): string {
  const more = lost.length > MOST_TOLD ? ` and ${lost.length - MOST_TOLD} more` : '';
  return `${lost.slice(0, MOST_TOLD).join(', ')}${more}`;
}

/** Whoever restores must know first what is lost for it. */
export function refuseLoss(database: string, lost: readonly string[], why: string, cause?: unknown): PolicyError {
  return new PolicyError({
    operation: 'restore into',
    subject: `"${database}"`,
    problem: `${why}. The database holds what the backup does not: ${describeLoss(lost)}`,
    hint: `nothing was changed; --accept loss drops these, too. To keep them, restore into a new database with --create --to …/${database}_restored, and swap the names when it is done`,
    cause,
  });
}
