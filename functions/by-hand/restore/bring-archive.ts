import { restoreHint } from '../../../layers/postgres/complaints/hints.ts';
import { passOver } from '../../../layers/postgres/complaints/pass-over.ts';
import { watchDatabaseSize } from '../../../layers/postgres/contents/size-watch.ts';
import type { TargetState } from '../../../layers/postgres/places/restore-target.ts';
import { restoreArchive } from '../../../layers/postgres/programs/restore-archive.ts';
import type { OpenArchive } from './archive.ts';
import type { ChosenClient } from './choose-client.ts';
import { type Table, tableArguments } from './choose-tables.ts';
import type { RestoreDeps } from './deps.ts';
import { explainFailure } from './explain-failure.ts';
import type { RestoreOptions, RestoreRequest } from './request.ts';

export interface Bringing {
  readonly chosen: ChosenClient;
  readonly state: TargetState;
  readonly tables: readonly Table[];
  readonly archive: OpenArchive['source'];
}

export interface Brought {
  readonly leftOut: readonly string[];
  readonly hints: readonly string[];
}

/**
 * Brings the archive into the database. One transaction where there is something to lose; elsewhere it goes on without
 * what only a superuser may make, and the like: see {@link passOver}.
 *
 * @throws {@link DumpError} with a hint and with the state that the database is in
 */
export async function bringArchive(
  deps: RestoreDeps,
  request: RestoreRequest,
  { chosen, state, tables, archive }: Bringing,
): Promise<Brought> {
  const { options, to, signal, backup } = request;
  const { client, olderServer } = chosen;
  const clean = state.holds.length > 0;
  const atomic = clean && options.jobs === 1 && !olderServer && !options.goOn;
  const passing = passOver({ superuser: state.superuser, goOn: options.goOn, olderServer });
  await watched(deps, request, () =>
    restoreArchive({
      ...{ client, signal, archive, ...to },
      args: [atomic ? '--single-transaction' : '--verbose', ...restoreArguments(options, tables, clean)],
      ...(!atomic && { judge: passing.judge }),
    }),
  ).catch((error) => {
    throw explainFailure(error, request, { atomic, ...state });
  });
  const versions = { from: backup.manifest.server.version, to: state.server.version };
  return {
    leftOut: passing.leftOut.map(({ what, why }) => `${what}: ${why}`),
    hints: [...new Set(passing.leftOut.flatMap(({ said }) => restoreHint(said, versions) ?? []))],
  };
}

/** What pg_restore is told to do; also what a person would tell it. */
export function restoreArguments(
  { without }: Pick<RestoreOptions, 'without'>,
  tables: readonly Table[],
  clean: boolean,
): string[] {
  return [...(clean ? ['--clean', '--if-exists'] : []), ...without, ...tableArguments(tables)];
}

/** Of parallel jobs nobody knows which bytes they are at; the database grows, though. */
async function watched(deps: RestoreDeps, { backup, to, options }: RestoreRequest, work: () => Promise<void>) {
  if (options.jobs === 1) return work();
  const totalBytes = backup.manifest.source.sizeBytes;
  const stop = watchDatabaseSize(to.target, to.database, (sizeBytes) =>
    deps.onProgress({ step: 'restore', doneBytes: Math.min(sizeBytes, totalBytes), totalBytes }),
  );
  return work().finally(stop);
}
