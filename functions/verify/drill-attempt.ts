import { type Comparison, compareRestored, relationName } from '../../layers/backup/comparison.ts';
import { textOf } from '../../layers/backup/errors.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { type OtherVersion, otherVersionsWords } from '../../layers/backup/text-order.ts';
import { blamesRows } from '../../layers/postgres/complaints/blames-rows.ts';
import { failureHint } from '../../layers/postgres/complaints/failure-hints.ts';
import { readRestored } from '../../layers/postgres/contents/read-restored.ts';
import { type DrillDatabase, makeDrillDatabase } from '../../layers/postgres/places/drill-database.ts';
import { rolesInGlobals } from '../../layers/postgres/places/global-roles.ts';
import type { TimeCheck } from '../../layers/postgres/places/time-checks.ts';
import type { DrillRequest } from './drill-request.ts';
import { comparedResult, type DrillResult, differing, readable, unrestorable } from './drill-result.ts';
import { contentsOf, piecesFacts } from './piece-facts.ts';
import type { Setback } from './restore-attempt.ts';
import type { Scratch } from './scratch.ts';
import { timedRestore } from './timed-restore.ts';
import { doubt } from './why-unproved.ts';

/** What earlier attempts have taught. */
export interface Known {
  /** What the scratch server lacks: errors are passed over. */
  readonly lacking: readonly string[];
  /** Sentences that belong to the verdict. */
  readonly remarks: readonly string[];
  readonly eventTriggers: boolean;
}

/** It is over, or goes on in the next run, or another attempt can do better. */
export type Attempt = { readonly result: DrillResult | undefined } | { readonly learnt: Known };

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
    const attempt = await restoreAndCompare(scratch, database, request, known).catch(async (error) => {
      if (!isShortage(error) || request.signal.aborted) throw error;
      return outOfRoom(`The scratch server ran out of disk or memory: ${textOf(error)}.`, request, known);
    });
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
  if (request.pieces || !known.eventTriggers) await database.silenceEventTriggers();
  const before = [...database.lacking, ...known.lacking];
  const { restored, jobs, restoreMs, end } = await timedRestore(scratch, database, request, before);
  const { setback, ignoringErrors, lacking, leftOut, otherVersions } = restored;
  if (end?.kind === 'too large') return { result: readable(end.why) };
  if (end?.kind === 'different' && otherVersions.length === 0) return { result: differing(end.differences) };
  if (end?.kind === 'different') return { learnt: { ...known, lacking: [...known.lacking, ...otherVersions] } };
  if (setback?.kind === 'failure' && !ignoringErrors) {
    if (end?.kind === 'doubtful' && !blamesRows(setback.why)) return { result: readable(doubt(setback.why)) };
    // Perhaps it would have succeeded in the backup's own version.
    if (otherVersions.length > 0) return { learnt: { ...known, lacking: [...known.lacking, ...otherVersions] } };
    const order = await otherOrder(setback.why, database);
    if (order) return { learnt: { ...known, lacking: [...known.lacking, order] } };
    return { result: unrestorable([await explained(setback.why, database, request.manifest)]) };
  }
  if (setback?.kind === 'shortage') return outOfRoom(setback.why, request, known, setback.gone);
  const attempt = setback && afterSetback(setback, known, ignoringErrors);
  if (attempt) return attempt;
  const { differences, uncompared, compared, serverVersion } = await compare(scratch, database, request);
  const { lacking: properties } = await database.finish();
  const timeChecks = await database.timeChecks();
  const unnamed = otherVersions.filter((one) => !lacking.includes(one));
  const [blamed, passed] = differences.length > 0 ? [unnamed, []] : [[], unnamed];
  const order = request.manifest.source.collations ? await database.otherCollations() : [];
  const pieces = request.pieces && piecesFacts(request.pieces);
  const remarks = [
    ...[...passed, ...leftOut, ...uncompared, ...(pieces?.remarks ?? [])],
    ...[...remarksOn(timeChecks), ...remarksOnOrder(order), ...known.remarks],
  ];
  const inPieces = pieces && { pieces: pieces.facts };
  const facts = { serverVersion, client: request.client.version, jobs, restoreMs, compared, ...inPieces };
  return { result: comparedResult([...lacking, ...blamed, ...properties], differences, remarks, facts) };
}

/** disk_full, out_of_memory: too small it stays. */
export function isShortage(error: unknown): boolean {
  return ['53100', '53200', 'ENOSPC', 'EDQUOT'].includes((error as { code?: string }).code ?? '');
}

/** In pieces, smaller ones may fit. If the server is gone, the next run tries them on another one. */
async function outOfRoom(why: string, { pieces }: DrillRequest, known: Known, gone = false): Promise<Attempt> {
  if (pieces === undefined) return { result: readable(why) };
  if (gone) {
    await pieces.save((progress) => ({ ...progress, full: true }));
    return { result: undefined };
  }
  if (await pieces.shrink()) {
    return { learnt: { ...known, lacking: [...new Set([...known.lacking, ...pieces.progress().lacking])] } };
  }
  return { result: readable(`${why} Smaller pieces are not possible, or did not help.`) };
}

/** What follows from a setback; undefined if what came back is worth comparing all the same. */
function afterSetback(
  setback: Exclude<Setback, { kind: 'shortage' }>,
  known: Known,
  ignoringErrors: boolean,
): Attempt | undefined {
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
  { manifest, pieces, signal }: DrillRequest,
): Promise<Comparison & { readonly serverVersion: string }> {
  await database.silenceEventTriggers();
  if (!scratch.superuser) await database.showEveryRow();
  const fingerprints = manifest.tables.some(({ fingerprint }) => fingerprint !== undefined);
  // In pieces each table was read while it was there; those of extensions still are.
  const read = manifest.tables.filter(({ extension }) => pieces === undefined || extension !== undefined);
  const names = new Set(read.map(relationName));
  const isThere = (table: { schema: string; name: string }) => names.has(relationName(table));
  const restored = await readRestored(scratch.target, database.name, fingerprints, signal, isThere);
  const before = pieces && contentsOf(pieces, fingerprints);
  const rows = new Map([...restored.rows, ...(before?.rows ?? [])]);
  const { serverVersion } = restored;
  return { ...compareRestored(manifest, { ...restored, ...before, rows }), serverVersion };
}
