import { compareContents, relationName } from '../../layers/backup/comparison.ts';
import type { DrillProgress } from '../../layers/backup/drill-progress.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { type Contents, readContents } from '../../layers/postgres/contents/read-restored.ts';
import type { DrillDatabase } from '../../layers/postgres/places/drill-database.ts';
import type { ArchiveCheck, ArchiveTies } from '../../layers/postgres/programs/archive-ties.ts';
import type { TocEntry } from '../../layers/postgres/programs/toc.ts';
import { planOf } from './piece-plan.ts';
import type { PieceWork } from './piece-work.ts';
import type { Pass } from './restore-attempt.ts';
import type { Scratch } from './scratch.ts';

/** How restoring in pieces ended, if not with everything restored and each table compared. */
export type PiecesEnd =
  /** What came back of a piece is not what was recorded, a sentence each. */
  | { readonly kind: 'different'; readonly differences: readonly string[] }
  /** Something is larger than the room; a sentence. */
  | { readonly kind: 'too large'; readonly why: string }
  /** pg_restore failed where functions may have missed the rows of other pieces. */
  | { readonly kind: 'doubtful' }
  /** pg_restore failed. */
  | { readonly kind: 'stopped' };

interface Work {
  readonly scratch: Scratch;
  readonly database: DrillDatabase;
  readonly manifest: Manifest;
  readonly pieces: PieceWork;
  readonly signal: AbortSignal;
  /** Runs pg_restore; whether to go on. */
  readonly pass: (part: Omit<Pass, 'ignoringErrors'>) => Promise<boolean>;
  /** What the scratch server lacks so far. */
  readonly lacking: () => readonly string[];
}

/**
 * Restores what an archive holds into tables that are there and empty, one piece at a time: a piece's rows, then the
 * indexes, constraints and materialized views that read nothing else. It is compared, written down, and emptied. At the
 * end comes what needs no rows, and the foreign keys anew.
 *
 * @param entries - all that may be restored now
 * @returns undefined if it ran through
 */
export async function restorePieces(work: Work, entries: readonly TocEntry[]): Promise<PiecesEnd | undefined> {
  const { database, manifest, pieces, pass, signal, scratch } = work;
  const { ties, base } = pieces;
  const byId = new Map(entries.map((entry) => [Number(entry.id), entry]));
  const entriesOf = (ids: Iterable<number>) => [...ids].sort(byPlace(entries)).flatMap((id) => byId.get(id) ?? []);
  // Materialized views are filled with the rights of their owners.
  const grants = entries.filter(({ type, name }) => type === 'ACL' && !name.startsWith('- LARGE OBJECT'));
  if (!(await pass({ entries: [...entriesOf(base), ...grants] }))) return STOPPED;
  const made = new Set([...base, ...grants.map(({ id }) => Number(id))]);
  const { together } = await readContents(scratch.target, database.name, [], false, signal);
  const { plan, why } = planOf(pieces, manifest, together);
  if (plan === undefined) return { kind: 'too large', why };
  if (pieces.progress().plan === undefined) {
    await pieces.save((known) => ({ ...known, plan: plan.map((piece) => [...piece]) }));
  }
  for (const [index, piece] of plan.entries()) {
    const part = partOf(ties, new Set(piece), base, made, byId);
    if (!(await pass({ entries: entriesOf([...piece, ...part.made, ...part.checked]) }))) {
      return part.callsFunctions ? { kind: 'doubtful' } : STOPPED;
    }
    const next = pieces.fetchAhead(new Set(plan[index + 1]), signal);
    const differences = await finish(work, part, plan.slice(index + 1)).finally(() => next);
    if (differences.length > 0) return { kind: 'different', differences };
    for (const id of part.made) made.add(id);
  }
  const apart = new Set([...ties.items, ...ties.checks.filter(isView)].map(({ id }) => id));
  const left = entries.filter(({ id }) => !made.has(Number(id)) && !apart.has(Number(id)));
  return (await pass({ entries: left, sections: ['data', 'post-data'] })) ? undefined : STOPPED;
}

const STOPPED = { kind: 'stopped' } as const;

/** What a piece is, beside its rows, and what holds them. */
interface Part {
  readonly tables: readonly { readonly schema: string; readonly name: string }[];
  /** Those that are emptied with it. */
  readonly materializedViews: readonly ArchiveCheck[];
  readonly largeObjects: boolean;
  /** What is made now and stays: numbers of entries. */
  readonly made: readonly number[];
  /** What is checked with these rows, and goes with them: foreign keys, materialized views, large objects. */
  readonly checked: readonly number[];
  readonly callsFunctions: boolean;
}

function partOf(
  ties: ArchiveTies,
  piece: ReadonlySet<number>,
  base: ReadonlySet<number>,
  made: ReadonlySet<number>,
  there: ReadonlyMap<number, TocEntry>,
): Part {
  const items = ties.items.filter(({ id }) => piece.has(id));
  const isReady = ({ id, items: read }: ArchiveCheck) =>
    there.has(id) && !made.has(id) && read.every((one) => piece.has(one) || base.has(one));
  // A function may read tables that are empty now: who knows what it would say.
  const checks = ties.checks.filter((check) => isReady(check) && !(isView(check) && check.callsFunctions));
  const stays = ({ kind, items: read }: ArchiveCheck) => kind === 'index' || (isView({ kind }) && read.length === 0);
  const objects = items.filter(({ table }) => table === undefined);
  const empty = objects.length > 0 ? ties.largeObjects.filter((id) => there.has(id) && !made.has(id)) : [];
  return {
    tables: items.flatMap(({ table }) => table ?? []),
    materializedViews: checks.filter((check) => isView(check) && !stays(check)),
    largeObjects: objects.length > 0,
    made: [...checks.filter(stays).map(({ id }) => id), ...empty],
    checked: [...checks.filter((check) => !stays(check)), ...objects].map(({ id }) => id),
    callsFunctions: [...items, ...checks].some(({ callsFunctions }) => callsFunctions),
  };
}

function isView({ kind }: { readonly kind: ArchiveCheck['kind'] } | { readonly kind?: undefined }): boolean {
  return kind === 'materialized view';
}

/**
 * Compares a piece that is restored, empties it, and writes that down.
 *
 * @returns what differs, a sentence each: then nothing is done
 */
async function finish(work: Work, part: Part, left: readonly (readonly number[])[]): Promise<readonly string[]> {
  const contents = await compareNow(work, part.tables);
  if (contents.differences.length > 0 && work.lacking().length === 0) return contents.differences;
  await work.database.empty(part);
  await work.pieces.save((known) => proved(known, left, part.checked, contents, work.lacking()));
  return [];
}

interface Compared extends Contents {
  readonly differences: readonly string[];
}

async function compareNow(
  { scratch, database, manifest, pieces, signal }: Work,
  tables: Part['tables'],
): Promise<Compared> {
  const before = new Set(pieces.progress().tables.map(([name]) => name));
  const names = new Set(tables.map(relationName).filter((name) => !before.has(name)));
  const recorded = manifest.tables.filter((table) => names.has(relationName(table)) && table.extension === undefined);
  const fingerprints = recorded.some(({ fingerprint }) => fingerprint !== undefined);
  if (!scratch.superuser) await database.showEveryRow();
  const contents = await readContents(scratch.target, database.name, recorded, fingerprints, signal);
  return { ...contents, differences: compareContents(recorded, contents).differences };
}

/** One piece more. Pure. */
function proved(
  known: DrillProgress,
  plan: readonly (readonly number[])[],
  checked: readonly number[],
  { rows, fingerprints }: Contents,
  lacking: readonly string[],
): DrillProgress {
  return {
    ...known,
    plan: plan.map((piece) => [...piece]),
    ...{ done: known.done + 1, idleRuns: 0 },
    tables: [
      ...known.tables,
      ...Array.from(rows, ([name, count]): DrillProgress['tables'][number] => [
        name,
        count,
        fingerprints?.get(name) ?? null,
      ]),
    ],
    checked: [...new Set([...known.checked, ...checked])],
    lacking: [...new Set([...known.lacking, ...lacking])],
  };
}

function byPlace(entries: readonly TocEntry[]): (a: number, b: number) => number {
  const places = new Map(entries.map(({ id }, place) => [Number(id), place]));
  return (a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0);
}
