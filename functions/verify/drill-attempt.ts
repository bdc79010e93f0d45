import { type Comparison, compareRestored, relationName } from '../../layers/backup/comparison.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { type OtherVersion, otherVersionsWords } from '../../layers/backup/text-order.ts';
import { failureHint } from '../../layers/postgres/complaints/failure-hints.ts';
import { readRestored } from '../../layers/postgres/contents/read-restored.ts';
import { type DrillDatabase, makeDrillDatabase } from '../../layers/postgres/places/drill-database.ts';
import { rightsBeyondGrants, rolesInGlobals } from '../../layers/postgres/places/global-roles.ts';
import type { TimeCheck } from '../../layers/postgres/places/time-checks.ts';
import type { DrillRequest } from './drill-request.ts';
import { comparedResult, type DrillResult, readable, unrestorable } from './drill-result.ts';
import { attemptRestore, gapOf, type Setback } from './restore-attempt.ts';
import { type Restoration, restoreInPasses } from './restore-passes.ts';
import type { Scratch } from './scratch.ts';

/** What earlier attempts have taught. */
export interface Known {
  /** What the scratch server lacks: errors are passed over. */
  readonly lacking: readonly string[];
  /** Sentences that belong to the verdict. */
  readonly remarks: readonly string[];
  readonly eventTriggers: boolean;
}

/** It is over, or another attempt can do better. */
export type Attempt = { readonly result: DrillResult } | { readonly learnt: Known };

/** Tries once: in a database of its own, which is dropped where it would stay. */
export async function attemptDrill(scratch: Scratch, request: DrillRequest, known: Known): Promise<Attempt> {
  // What ends with the server is not left.
  const onLeftover = scratch.ephemeral ? () => {} : request.onLeftover;
  const roles = rolesInGlobals(request.globals);
  const { superuser, ephemeral: withRights, database: name } = scratch;
  const { source, leftOut } = request.manifest;
  const given = { name, source, leftOut, roles, withRights, superuser, onLeftover };
  const database = await makeDrillDatabase(scratch.target, given);
  let again = false;
  try {
    const attempt = await restoreAndCompare(scratch, database, request, known);
    again = 'learnt' in attempt;
    return attempt;
  } finally {
    // What ends with the server need not be dropped one by one.
    if (again || !scratch.ephemeral) await database.drop();
  }
}

async function restoreAndCompare(
  scratch: Scratch,
  database: DrillDatabase,
  request: DrillRequest,
  known: Known,
): Promise<Attempt> {
  if (!known.eventTriggers) await database.silenceEventTriggers();
  const before = [...database.lacking, ...known.lacking];
  const { restored, jobs, restoreMs } = await timedRestore(scratch, database, request, before);
  const { setback, ignoringErrors, lacking, leftOut, otherVersions } = restored;
  if (setback?.kind === 'failure' && !ignoringErrors) {
    // Perhaps it would have succeeded in the backup's own version.
    if (otherVersions.length > 0) return { learnt: { ...known, lacking: [...known.lacking, ...otherVersions] } };
    const order = await otherOrder(setback.why, database);
    if (order) return { learnt: { ...known, lacking: [...known.lacking, order] } };
    return { result: unrestorable([await explained(setback.why, database, request.manifest)]) };
  }
  const attempt = setback && afterSetback(setback, known, ignoringErrors);
  if (attempt) return attempt;
  const { differences, compared, serverVersion } = await compare(scratch, database, request);
  const { lacking: properties } = await database.finish();
  const timeChecks = await database.timeChecks();
  const blamed = differences.length > 0 ? otherVersions : [];
  const passed = otherVersions.filter((one) => !blamed.includes(one) && !lacking.includes(one));
  const order = request.manifest.source.collations ? await database.otherCollations() : [];
  const remarks = [...passed, ...leftOut, ...remarksOn(timeChecks), ...remarksOnOrder(order), ...known.remarks];
  const facts = { serverVersion, client: request.client.version, jobs, restoreMs, compared };
  return { result: comparedResult([...lacking, ...blamed, ...properties], differences, remarks, facts) };
}

/** Out of the file, if there is one, with several jobs; else out of the bytes as they come. */
async function timedRestore(
  scratch: Scratch,
  database: DrillDatabase,
  request: DrillRequest,
  lacking: readonly string[],
): Promise<{ restored: Restoration; jobs: number; restoreMs: number }> {
  const { client, file, bytes, manifest, globals, signal } = request;
  const jobs = file === undefined ? 1 : scratch.jobs;
  const startedAt = performance.now();
  const gap = gapOf(scratch.version, manifest);
  const rightsLacking = scratch.superuser && !scratch.ephemeral ? rightsBeyondGrants(rolesInGlobals(globals)) : [];
  const restored = await restoreInPasses(database, request, lacking, async (pass) => {
    const archive = file === undefined ? { bytes: await bytes() } : { file, jobs };
    const { name, monetary } = database;
    return attemptRestore(scratch, { ...pass, client, database: name, monetary, archive, gap, rightsLacking, signal });
  });
  return { restored, jobs, restoreMs: Math.round(performance.now() - startedAt) };
}

/** What follows from a setback; undefined if what came back is worth comparing all the same. */
function afterSetback(setback: Setback, known: Known, ignoringErrors: boolean): Attempt | undefined {
  if (setback.kind === 'shortage') return { result: readable(setback.why) };
  if (setback.kind === 'refused' && !known.eventTriggers) {
    return { result: readable(`pg_restore was refused: ${setback.why}.`) };
  }
  const learnt = learn(known, setback, ignoringErrors);
  if (learnt) return { learnt };
  return undefined;
}

/** With what can be done about it in the original database. */
async function explained(why: string, database: DrillDatabase, { source }: Manifest): Promise<string> {
  await database.silenceEventTriggers();
  const extensions = source.extensions.map(({ name }) => name);
  const hint = failureHint(why, { extensions, timeChecks: await database.timeChecks() });
  return hint === undefined ? why : `${why} Hint: ${hint}.`;
}

/** Why it may be the order of text that made a restore fail, and not the backup; undefined if it was not. */
async function otherOrder(why: string, database: DrillDatabase): Promise<string | undefined> {
  await database.silenceEventTriggers();
  if (!(await database.isOfOrder(why))) return undefined;
  const versions = otherVersionsWords(await database.otherCollations());
  const [, said = why] = /ERROR: +([^\n]*)/.exec(why) ?? [];
  return `Not possible in the scratch server's order of text (${versions}): ${said}.`;
}

function remarksOnOrder(others: readonly OtherVersion[]): string[] {
  return others.length === 0 ? [] : [`The scratch server sorts text by other versions: ${otherVersionsWords(others)}.`];
}

/** What is true today and may not be at the next restore. */
function remarksOn(timeChecks: readonly TimeCheck[]): string[] {
  if (timeChecks.length === 0) return [];
  const shown = timeChecks.slice(0, MOST_CHECKS).map((check) => `${check.constraint} of ${relationName(check)}`);
  const more = timeChecks.length > MOST_CHECKS ? ` and ${timeChecks.length - MOST_CHECKS} more` : '';
  return [`A later restore may be refused by CHECKs that depend on the time: ${shown.join(', ')}${more}.`];
}

const MOST_CHECKS = 10;
const REFUSED = 'Its event triggers refused every connection at first, so the drill turned them off.';

/** What another attempt can do better; undefined if nothing. */
function learn(known: Known, setback: Setback, ignoringErrors: boolean): Known | undefined {
  if (setback.kind === 'refused') return { ...known, remarks: [...known.remarks, REFUSED], eventTriggers: false };
  if (setback.kind === 'lacking' && !ignoringErrors) return { ...known, lacking: setback.lacking };
  return undefined;
}

async function compare(
  scratch: Scratch,
  database: DrillDatabase,
  { manifest, signal }: DrillRequest,
): Promise<Comparison & { readonly serverVersion: string }> {
  await database.silenceEventTriggers();
  if (!scratch.superuser) await database.showEveryRow();
  const fingerprints = manifest.tables.some(({ fingerprint }) => fingerprint !== undefined);
  const ours = new Set(manifest.tables.filter(({ extension }) => extension === undefined).map(relationName));
  const isOurs = (table: { schema: string; name: string }) => ours.has(relationName(table));
  const restored = await readRestored(scratch.target, database.name, fingerprints, signal, isOurs);
  return { ...compareRestored(manifest, restored), serverVersion: restored.serverVersion };
}
