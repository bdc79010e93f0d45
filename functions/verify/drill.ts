import { type Comparison, compareRestored, relationName } from '../../layers/backup/comparison.ts';
import { DumpError, PgvouchError, splitHint, textOf } from '../../layers/backup/errors.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { olderClient } from '../../layers/backup/older-client.ts';
import type { Drill } from '../../layers/backup/verdict.ts';
import type { ClientPrograms } from '../../layers/postgres/client-programs.ts';
import { makeDrillDatabase } from '../../layers/postgres/drill-database.ts';
import { rolesInGlobals } from '../../layers/postgres/drill-roles.ts';
import { type Turn, takeTurn } from '../../layers/postgres/drill-turn.ts';
import { readRestored } from '../../layers/postgres/read-restored.ts';
import { attemptRestore, lagOf, noVerdict, type Setback } from './restore-attempt.ts';
import type { Scratch } from './scratch.ts';
import { isTimeUp, outOfTime, type TimeHad } from './time-up.ts';

export interface DrillRequest extends Omit<TimeHad, 'waitedMs'> {
  readonly manifest: Manifest;
  readonly client: ClientPrograms;
  readonly globals: string;
  /** The archive's bytes, from the beginning. */
  readonly bytes: () => Promise<AsyncIterable<Buffer>>;
  /** The archive as a file on this machine, where there was room for it. */
  readonly file: string | undefined;
  readonly signal: AbortSignal;
  readonly clock: () => Date;
  /** Is told of what drills have left on the scratch server and could not be dropped: copies of somebody's data. */
  readonly onLeftover: (what: string) => void;
}

export interface DrillResult {
  readonly verdict: 'restorable' | 'unrestorable' | 'readable';
  readonly reasons: readonly string[];
  readonly drill: Drill | undefined;
}

/**
 * Restores an archive into a scratch server and compares what came back with the manifest. What the scratch server or
 * this machine is short of says nothing about the backup: then it stays `readable`, with the reason.
 *
 * @throws {@link ConfigError} if nothing was found out, and another try may
 * @throws whatever reading the archive's bytes throws
 */
export async function drill(scratch: Scratch, request: DrillRequest): Promise<DrillResult> {
  const { signal, clock } = request;
  const waitingSince = clock().getTime();
  const turn = scratch.ephemeral ? undefined : await waitForTurn(scratch, request);
  const waitedMs = clock().getTime() - waitingSince;
  try {
    const remarks = remarksOn(scratch, request.manifest);
    let known: Known = { lacking: [], remarks, eventTriggers: true };
    for (;;) {
      const attempt = await tryOnce(scratch, request, known);
      if ('result' in attempt) return attempt.result;
      known = attempt.learnt;
    }
  } catch (error) {
    if (signal.aborted) return readable(outOfTime(signal, { ...request, waitedMs }, clock()));
    const { code } = error as { code?: string };
    // disk_full, out_of_memory: too small it stays.
    if (code === '53100' || code === '53200') return readable(`The scratch server was short: ${textOf(error)}.`);
    throw scratchFailed(error);
  } finally {
    await turn?.end();
  }
}

async function waitForTurn({ target }: Scratch, { signal, onLeftover }: DrillRequest): Promise<Turn> {
  try {
    return await takeTurn(target, signal, onLeftover);
  } catch (error) {
    if (isTimeUp(signal)) throw noVerdict('other drills were held on its server until the time was up', error);
    throw scratchFailed(error);
  }
}

/** Whatever else is thrown by one who asks the scratch server says nothing about the backup. */
function scratchFailed(error: unknown): unknown {
  const ofOthers = error instanceof PgvouchError && !(error instanceof DumpError);
  return ofOthers ? error : noVerdict(`the scratch server failed: ${splitHint(textOf(error)).problem}`, error);
}

/** What earlier attempts have taught. */
interface Known {
  /** What the scratch server lacks: errors are passed over. */
  readonly lacking: readonly string[];
  /** Sentences that belong to the verdict. */
  readonly remarks: readonly string[];
  readonly eventTriggers: boolean;
}

/** What limits the verdict whatever it will be. */
function remarksOn({ superuser, target }: Scratch, manifest: Manifest): string[] {
  const older = olderClient(manifest);
  return [
    ...(superuser ? [] : [noSuperuser(target.user)]),
    ...(older ? [`${older.problem} The archive may not restore onto other servers.`] : []),
  ];
}

function noSuperuser(role: string): string {
  return `Owners and privileges were left out: the role "${role}" of the scratch server is no superuser.`;
}

type Attempt = { readonly result: DrillResult } | { readonly learnt: Known };

const REFUSED = 'Its event triggers let nobody in at first, so they were off.';

async function tryOnce(scratch: Scratch, request: DrillRequest, known: Known): Promise<Attempt> {
  const { manifest, client, globals, file, signal } = request;
  // What ends with the server is not left.
  const onLeftover = scratch.ephemeral ? () => {} : request.onLeftover;
  const database = await makeDrillDatabase(scratch.target, manifest.source, rolesInGlobals(globals), onLeftover);
  let again = false;
  try {
    if (!known.eventTriggers) await database.silenceEventTriggers();
    const before = [...database.lacking, ...known.lacking];
    const jobs = file === undefined ? 1 : scratch.jobs;
    const archive = file === undefined ? { bytes: await request.bytes() } : { file, jobs };
    const startedAt = performance.now();
    const ignoringErrors = before.length > 0;
    const lag = lagOf(scratch.version, manifest);
    const conditions = { client, database: database.name, archive, ignoringErrors, lag, signal };
    const setback = await attemptRestore(scratch, conditions);
    const restoreMs = Math.round(performance.now() - startedAt);
    if (setback?.kind === 'shortage') return { result: readable(setback.why) };
    if (setback?.kind === 'refused' && !known.eventTriggers) {
      return { result: readable(`pg_restore was refused: ${setback.why}.`) };
    }
    const learnt = setback && learn(known, setback, ignoringErrors);
    again = learnt !== undefined;
    if (learnt) return { learnt };
    if (setback?.kind === 'failure' && !ignoringErrors) return { result: unrestorable([setback.why], undefined) };
    const lacking = new Set([...before, ...(setback?.kind === 'lacking' ? setback.lacking : [])]);
    await database.silenceEventTriggers();
    const fingerprints = manifest.tables.some(({ fingerprint }) => fingerprint !== undefined);
    if (!scratch.superuser) await database.showEveryRow();
    const ours = new Set(manifest.tables.filter(({ extension }) => extension === undefined).map(relationName));
    const isOurs = (table: { schema: string; name: string }) => ours.has(relationName(table));
    const restored = await readRestored(scratch.target, database.name, fingerprints, signal, isOurs);
    const { differences, compared } = compareRestored(manifest, restored);
    const facts: Drill = { serverVersion: restored.serverVersion, client: client.version, jobs, restoreMs, compared };
    return { result: judge([...lacking], differences, known.remarks, facts) };
  } finally {
    // What ends with the server need not be dropped one by one.
    if (again || !scratch.ephemeral) await database.drop();
  }
}

/** What another attempt can do better; undefined if nothing. */
function learn(known: Known, setback: Setback, ignoringErrors: boolean): Known | undefined {
  if (setback.kind === 'refused') return { ...known, remarks: [...known.remarks, REFUSED], eventTriggers: false };
  if (setback.kind === 'lacking' && !ignoringErrors) return { ...known, lacking: setback.lacking };
  return undefined;
}

function judge(
  lacking: readonly string[],
  differences: readonly string[],
  remarks: readonly string[],
  facts: Drill,
): DrillResult {
  if (lacking.length > 0) {
    return { verdict: 'readable', reasons: [...lacking, theRest(differences), ...remarks], drill: facts };
  }
  if (differences.length > 0) return unrestorable(some(differences), facts);
  return { verdict: 'restorable', reasons: [told(facts.compared), ...remarks], drill: facts };
}

function readable(reason: string): DrillResult {
  return { verdict: 'readable', reasons: [reason], drill: undefined };
}

function unrestorable(reasons: readonly string[], facts: Drill | undefined): DrillResult {
  return { verdict: 'unrestorable', reasons, drill: facts };
}

function told({ tables, rows, sequences, objects }: Comparison['compared']): string {
  return `Restored and compared equal: ${tables} tables with ${rows} rows, ${sequences} sequences, ${objects} objects.`;
}

function theRest(differences: readonly string[]): string {
  if (differences.length === 0) return 'All the rest was restored and compared equal.';
  return `Of the rest ${differences.length} things compared unequal, as they may without it: ${some(differences).join(' ')}`;
}

function some(differences: readonly string[]): string[] {
  const shown = differences.slice(0, 20);
  return differences.length > shown.length ? [...shown, `And ${differences.length - shown.length} more.`] : shown;
}
