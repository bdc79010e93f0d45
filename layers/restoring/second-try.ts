import { type LeftOut, passOver } from '../postgres/complaints/pass-over.ts';
import { repairRefused } from '../postgres/places/repairs.ts';
import type { TargetState } from '../postgres/places/restore-target.ts';
import { readEntries } from '../postgres/programs/archive-entries.ts';
import { restoreArchive, rowSecurity } from '../postgres/programs/restore-archive.ts';
import { bytesOf, openArchive } from './archive.ts';
import type { ChosenClient } from './choose-client.ts';
import type { RestoreDeps } from './deps.ts';
import type { RestoreRequest } from './request.ts';

/** What a restore did without: what, and what the server said. */
export type Missed = Pick<LeftOut, 'what' | 'why' | 'said'>;

/**
 * Repairs what can be of what a restore left out, and brings what could not come without it: a table whose CHECK calls a
 * function, and its rows.
 *
 * @returns what is still left out, or is not quite what it was
 */
export async function tryAgain(
  { store, onRemark }: Pick<RestoreDeps, 'store' | 'onRemark'>,
  request: RestoreRequest,
  {
    chosen,
    state,
    monetary,
  }: { readonly chosen: ChosenClient; readonly state: TargetState; readonly monetary: string | undefined },
  leftOut: readonly LeftOut[],
): Promise<Missed[]> {
  const { backup, to, options, signal } = request;
  const { manifest } = backup;
  const repaired = leftOut.length === 0 ? [] : await repairRefused(to.target, to.database, leftOut);
  const isRepaired = ({ entry }: LeftOut) => repaired.some(({ id }) => id === entry?.id);
  const lost = leftOut.filter((one) => !isRepaired(one));
  const again = new Set(lost.flatMap(({ entry }) => entry?.id ?? []));
  const less = repaired.flatMap(({ less: what }) => (what === undefined ? [] : [{ ...what, said: '' }]));
  if (repaired.length === 0 || again.size === 0) return [...less, ...lost];

  onRemark('reading the archive once more, for what depends on things that were made in another way');
  const head = await bytesOf(store, manifest.archive.key, signal);
  const entries = await readEntries(chosen.client, head, `"${manifest.database}"`, signal);
  // Complaints are expected now: whatever only a superuser may make is refused once more.
  const passing = passOver({ superuser: state.superuser, goOn: true, olderServer: chosen.olderServer });
  const { temporaryFolder } = options;
  const archive = await openArchive(store, manifest, { jobs: 1, temporaryFolder, onBytes: () => {}, signal });
  await restoreArchive({
    ...{ client: chosen.client, monetary, ...to, archive: archive.source, signal, judge: passing.judge },
    ...{
      entries: entries.filter(({ id }) => again.has(id)),
      args: ['--verbose', ...rowSecurity(state.superuser), ...options.without],
    },
  });
  return [...less, ...passing.leftOut];
}
