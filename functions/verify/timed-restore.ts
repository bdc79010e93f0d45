import type { DrillDatabase } from '../../layers/postgres/places/drill-database.ts';
import { rightsBeyondGrants, rolesInGlobals } from '../../layers/postgres/places/global-roles.ts';
import type { DrillRequest } from './drill-request.ts';
import { attemptRestore, gapOf, type Pass } from './restore-attempt.ts';
import { type Rest, type Restoration, restoreInPasses } from './restore-passes.ts';
import { type PiecesEnd, restorePieces } from './restore-pieces.ts';
import type { Scratch } from './scratch.ts';

export interface TimedRestore {
  readonly restored: Restoration;
  readonly jobs: number;
  /** Of all runs, if there were several. */
  readonly restoreMs: number;
  /** How restoring in pieces ended, if not well. */
  readonly end: PiecesEnd | undefined;
}

/** Out of the file, if there is one, with several jobs; else out of the bytes as they come. */
export async function timedRestore(
  scratch: Scratch,
  database: DrillDatabase,
  request: DrillRequest,
  lacking: readonly string[],
): Promise<TimedRestore> {
  const { client, manifest, globals, signal, pieces } = request;
  const jobs = request.file === undefined && pieces === undefined ? 1 : scratch.jobs;
  const startedAt = performance.now();
  const gap = gapOf(scratch.version, manifest);
  const rightsLacking = scratch.superuser && !scratch.ephemeral ? rightsBeyondGrants(rolesInGlobals(globals)) : [];
  const restore = async (pass: Pass) => {
    const archive = { ...(await archiveOf(request, pass)), jobs };
    const since = performance.now();
    const { name, monetary } = database;
    const given = { ...pass, client, database: name, monetary, archive, gap, rightsLacking, signal };
    const setback = await attemptRestore(scratch, given);
    pieces?.took(Math.round(performance.now() - since));
    return setback;
  };
  let end: PiecesEnd | undefined;
  const bring =
    pieces &&
    (async (rest: Rest) => {
      end = await restorePieces({ scratch, database, manifest, pieces, signal, ...rest }, rest.entries);
      return end === undefined;
    });
  const restored = await restoreInPasses(database, request, lacking, restore, bring);
  const restoreMs = pieces?.progress().restoreMs ?? Math.round(performance.now() - startedAt);
  return { restored, jobs, restoreMs, end };
}

async function archiveOf({ file, bytes, pieces, signal }: DrillRequest, { entries = [], sections }: Pass) {
  if (pieces === undefined) return file === undefined ? { bytes: await bytes() } : { file };
  const withData = sections === undefined || sections.includes('data');
  return pieces.archiveOf(new Set(withData ? entries.map(({ id }) => Number(id)) : []), signal);
}
