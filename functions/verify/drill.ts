import { DumpError, PgvouchError, splitHint, textOf } from '../../layers/backup/errors.ts';
import { leftOutWords } from '../../layers/backup/left-out.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { isTimeUp } from '../../layers/deadline/deadline.ts';
import { mostJobs } from '../../layers/extensions/needs.ts';
import { type Turn, takeTurn } from '../../layers/postgres/places/drill-turn.ts';
import { attemptDrill, isShortage, type Known } from './drill-attempt.ts';
import { remarksOn } from './drill-remarks.ts';
import type { DrillRequest } from './drill-request.ts';
import { type DrillResult, readable } from './drill-result.ts';
import { noVerdict } from './restore-attempt.ts';
import type { Scratch } from './scratch.ts';
import { outOfTime, type TimeHad } from './time-up.ts';

/**
 * Restores an archive into a scratch server and compares what came back with the manifest. What the scratch server or
 * this machine is short of says nothing about the backup: then it stays `readable`, with the reason.
 *
 * @returns undefined if the next run goes on with it
 * @throws {@link ConfigError} if nothing was found out, and another try may
 * @throws whatever reading the archive's bytes throws
 */
export async function drill(scratch: Scratch, request: DrillRequest): Promise<DrillResult | undefined> {
  const { signal, clock, pieces } = request;
  const waitingSince = clock().getTime();
  const turn = scratch.ephemeral ? undefined : await waitForTurn(scratch, request);
  const waitedMs = clock().getTime() - waitingSince;
  try {
    const { manifest } = request;
    const remarks = remarksOn(scratch, manifest);
    const jobs = Math.min(scratch.jobs, mostJobs(manifest.source.extensions.map(({ name }) => name)));
    let known: Known = { lacking: pieces?.progress().lacking ?? [], remarks, eventTriggers: true };
    for (;;) {
      const attempt = await attemptDrill({ ...scratch, jobs }, request, known);
      if ('result' in attempt) return attempt.result && withNeeds(attempt.result, manifest);
      known = attempt.learnt;
    }
  } catch (error) {
    if (signal.aborted) return outOfTimeFor({ ...request, waitedMs });
    if (isShortage(error)) return readable(`The scratch server ran out of disk or memory: ${textOf(error)}.`);
    throw scratchFailed(error);
  } finally {
    await turn?.end();
  }
}

/** One in pieces has written down how far it came, and one that takes too long goes on in pieces. */
async function outOfTimeFor(request: DrillRequest & TimeHad): Promise<DrillResult | undefined> {
  const { signal, clock, pieces, goOnInPieces } = request;
  if (pieces && isTimeUp(signal)) return undefined;
  const why = outOfTime(signal, request, clock());
  if (goOnInPieces === undefined) return readable(why);
  await goOnInPieces();
  return undefined;
}

async function waitForTurn({ target }: Scratch, { signal, onLeftover }: DrillRequest): Promise<Turn> {
  try {
    return await takeTurn(target, signal, onLeftover);
  } catch (error) {
    if (isTimeUp(signal)) throw noVerdict('other drills used its server until time ran out', error);
    throw scratchFailed(error);
  }
}

/** Whatever else is thrown by one who asks the scratch server says nothing about the backup. */
function scratchFailed(error: unknown): unknown {
  const ofOthers = error instanceof PgvouchError && !(error instanceof DumpError);
  return ofOthers ? error : noVerdict(`the scratch server failed: ${splitHint(textOf(error)).problem}`, error);
}

/** Why a restore failed may be what was left out: then the pattern is to be mended, not the database. */
function withNeeds(result: DrillResult, { leftOut }: Manifest): DrillResult {
  if (result.verdict !== 'unrestorable' || leftOut === undefined || leftOut.needs.length === 0) return result;
  const shown = leftOut.needs.slice(0, MOST_NEEDS).map(({ object, of }) => `${object} needs ${of}`);
  const more = leftOut.needs.length > shown.length ? ` and ${leftOut.needs.length - shown.length} more` : '';
  return {
    ...result,
    reasons: [
      ...result.reasons,
      `The dump left out what its archive needs (${leftOutWords(leftOut)}): ${shown.join(', ')}${more}.`,
    ],
  };
}

const MOST_NEEDS = 5;
