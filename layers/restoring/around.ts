import { PolicyError } from '../backup/errors.ts';
import { aroundRestore } from '../extensions/around-restore.ts';
import { mostJobs } from '../extensions/needs.ts';
import { passOver } from '../postgres/complaints/pass-over.ts';
import type { TargetState } from '../postgres/places/restore-target.ts';
import { beginRestore, endRestore } from '../postgres/places/target-extensions.ts';
import { readEntries } from '../postgres/programs/archive-entries.ts';
import { restoreArchive } from '../postgres/programs/restore-archive.ts';
import { bytesOf } from './archive.ts';
import { type Bringing, type Brought, bringArchive, restoreArguments } from './bring-archive.ts';
import type { RestoreDeps } from './deps.ts';
import type { RestoreRequest } from './request.ts';

/**
 * The extensions of a backup that must know of its restore. None where single tables are restored; and none that the
 * server does not have: it is left out, and listed. Pure.
 */
export function mindfulOf(
  { backup, options }: Pick<RestoreRequest, 'backup' | 'options'>,
  { extensions: offered }: Pick<TargetState, 'extensions'>,
) {
  if (options.tables.length > 0) return [];
  const { extensions } = backup.manifest.source;
  const { names } = aroundRestore(extensions);
  return extensions.filter(({ name }) => names.includes(name) && offered.some((one) => one.name === name));
}

/**
 * Makes sure that a database is empty if extensions ask for that. Pure.
 *
 * @throws {@link PolicyError} if it holds something, which `--clean` would replace
 */
export function checkEmpty(
  { backup, to, options }: RestoreRequest,
  state: Pick<TargetState, 'extensions' | 'holds'>,
): void {
  const names = mindfulOf({ backup, options }, state).map(({ name }) => name);
  if (names.length === 0 || state.holds.length === 0) return;
  throw new PolicyError({
    operation: 'restore into',
    subject: `"${to.database}"`,
    problem: `the backup has ${names.join(', ')}, which can be restored only into an empty database`,
    hint: `nothing was changed; restore into a new one with --create --to …/${to.database}_restored, and swap the names when it is done`,
  });
}

/** As many jobs as were asked for, or as few as the extensions can do with, which is said. */
export function withFittingJobs(
  { onRemark }: Pick<RestoreDeps, 'onRemark'>,
  request: RestoreRequest,
  state: Pick<TargetState, 'extensions'>,
): RestoreRequest {
  const { options } = request;
  const names = mindfulOf(request, state).map(({ name }) => name);
  const jobs = Math.min(options.jobs, mostJobs(names));
  if (jobs < options.jobs) onRemark(`! one job restores it: the tables of ${names.join(', ')} need each other's rows`);
  return { ...request, options: { ...options, jobs } };
}

/**
 * Brings the archive, and does what extensions ask for around that: first the schemas come, then they themselves, and learn
 * of the restore; at the end they learn that it is over, however it went.
 *
 * @throws as {@link bringArchive} does, {@link DumpError} if the server refuses it
 */
export async function bringAround(deps: RestoreDeps, request: RestoreRequest, bringing: Bringing): Promise<Brought> {
  const extensions = mindfulOf(request, bringing.state);
  if (extensions.length === 0) return bringArchive(deps, request, bringing);
  const { to } = request;
  const { entries, leftOut } = await bringSchemas(deps, request, bringing);
  await beginRestore(to.target, to.database, extensions);
  try {
    const brought = await bringArchive(deps, request, { ...bringing, entries });
    const failed = await endRestore(to.target, to.database);
    return { ...brought, leftOut: [...leftOut, ...brought.leftOut, ...failed] };
  } catch (error) {
    await endRestore(to.target, to.database).catch(() => {});
    throw error;
  }
}

/** @returns the entries that are left to bring, and what was left out of those */
async function bringSchemas({ store }: RestoreDeps, request: RestoreRequest, { chosen, state }: Bringing) {
  const { backup, to, options, signal } = request;
  const { archive, database } = backup.manifest;
  const head = await bytesOf(store, archive.key, signal);
  const entries = await readEntries(chosen.client, head, `"${database}"`, signal);
  const schemas = entries.filter(({ type }) => type === 'SCHEMA');
  const passing = passOver({ superuser: state.superuser, goOn: options.goOn, olderServer: chosen.olderServer });
  await restoreArchive({
    ...{ client: chosen.client, ...to, entries: schemas, onlyAsNeeded: true, signal, judge: passing.judge },
    archive: { bytes: await bytesOf(store, archive.key, signal) },
    args: ['--verbose', ...restoreArguments(options, false)],
  });
  return {
    entries: entries.filter((entry) => !schemas.includes(entry)),
    leftOut: passing.leftOut.map(({ what, why }) => `${what}: ${why}`),
  };
}
