import { relationName } from '../../layers/backup/comparison.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import type { DrillDatabase } from '../../layers/postgres/places/drill-database.ts';
import { entriesOf, passesOf, type TocEntry } from '../../layers/postgres/programs/toc.ts';
import type { Pass, Setback } from './restore-attempt.ts';

export interface Restoration {
  readonly setback: Setback | undefined;
  readonly ignoringErrors: boolean;
  /** What the scratch server lacks, each a sentence. */
  readonly lacking: readonly string[];
  /** Of extensions, each a sentence. */
  readonly otherVersions: readonly string[];
  /** What was left out on purpose, each a sentence. */
  readonly leftOut: readonly string[];
}

/** What is left when all definitions are there. */
export interface Rest {
  readonly entries: readonly TocEntry[];
  /** Runs pg_restore; whether to go on. */
  readonly pass: (part: Omit<Pass, 'ignoringErrors'>) => Promise<boolean>;
  readonly lacking: () => readonly string[];
}

/**
 * Restores an archive so that nothing of it reaches another server or a file: schemas first, then the extensions in the
 * backup's versions, then all definitions; then foreign data wrappers lose their handlers, and the rest comes, but for
 * materialized views that read foreign tables. Where extensions alone could reach out, which are cut off as they are made,
 * definitions and the rest come at once: pg_restore loads only those tables without WAL that it has made in the same run.
 *
 * @param known - what the scratch server lacks, by earlier attempts: errors are passed over
 * @param restore - runs pg_restore
 * @param bring - brings the rest in a way of its own, and tells whether to go on; all at once by default
 */
export async function restoreInPasses(
  database: DrillDatabase,
  { toc, manifest }: { readonly toc: readonly TocEntry[]; readonly manifest: Manifest },
  known: readonly string[],
  restore: (pass: Pass) => Promise<Setback | undefined>,
  bring?: (rest: Rest) => Promise<boolean>,
): Promise<Restoration> {
  const extensions = inOrder(manifest, toc);
  const lacking = [...known];
  const leftOut: string[] = [];
  let otherVersions: readonly string[] = [];
  let setback: Setback | undefined;
  const ignoring = () => lacking.length > 0;
  const pass = async (part: Omit<Pass, 'ignoringErrors'>): Promise<boolean> => {
    if (part.entries?.length === 0) return true;
    const came = await restore({ ...part, ignoringErrors: ignoring() });
    if (came === undefined) return true;
    setback = came;
    const goesOn = ignoring() && (came.kind === 'lacking' || came.kind === 'failure');
    if (goesOn && came.kind === 'lacking') lacking.push(...came.lacking);
    return goesOn;
  };
  const end = () => ({ setback, ignoringErrors: ignoring(), lacking: [...new Set(lacking)], otherVersions, leftOut });
  if (bring === undefined && extensions.length === 0 && !toc.some(({ type }) => type === 'FOREIGN DATA WRAPPER')) {
    await pass({ entries: toc });
    return end();
  }
  if (!(await pass({ entries: toc.filter(({ type }) => type === 'SCHEMA') }))) return end();
  const made = await database.makeExtensions(extensions);
  lacking.push(...made.lacking);
  otherVersions = made.otherVersions;
  const gone = new Set(made.givenUp.map((name) => `- EXTENSION ${name}`));
  const rest = toc.filter(
    ({ type, name }) => type !== 'SCHEMA' && type !== 'EXTENSION' && !(type === 'COMMENT' && gone.has(name.trim())),
  );
  if (bring === undefined && !mayReachOut(rest, made.reaching)) {
    if (await pass({ entries: rest })) lacking.push(...(await database.finishExtensions()));
    return end();
  }
  if (!(await pass({ entries: passesOf(rest).main, sections: ['pre-data'] }))) return end();
  const views = await database.cutOff();
  const reaching = new Set(entriesOf(rest, 'MATERIALIZED VIEW DATA', views, ({ reaches }) => reaches));
  if (reaching.size > 0) leftOut.push(leftEmpty(views.filter(({ reaches }) => reaches).map(relationName)));
  const entries = rest.filter((entry) => !reaching.has(entry));
  const came = bring
    ? await bring({ entries, pass, lacking: () => lacking })
    : await pass({ entries, sections: ['data', 'post-data'] });
  if (!came) return end();
  lacking.push(...(await database.finishExtensions()));
  return end();
}

/**
 * Whether a restore of the rest, all at once, may reach another server or a file: by a wrapper with a handler of its own, or by
 * filling a materialized view that reads through an extension.
 */
function mayReachOut(toc: readonly TocEntry[], reaching: readonly string[]): boolean {
  const has = (wanted: TocEntry['type']) => toc.some(({ type }) => type === wanted);
  return has('FOREIGN DATA WRAPPER') || (reaching.length > 0 && has('MATERIALIZED VIEW DATA'));
}

/** As pg_dump has sorted them: what others need comes first. Some may have been left out of the dump. */
function inOrder({ source, leftOut }: Manifest, toc: readonly TocEntry[]) {
  const places = new Map(
    toc.flatMap(({ type, name }, place) => (type === 'EXTENSION' ? [[name.trim(), place] as const] : [])),
  );
  const placeOf = ({ name }: { name: string }) => places.get(`- ${name}`) ?? toc.length;
  return source.extensions
    .filter((one) => one.name !== 'plpgsql' && (leftOut === undefined || placeOf(one) < toc.length))
    .sort((a, b) => placeOf(a) - placeOf(b));
}

const MOST_NAMES = 10;

function leftEmpty(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(', ');
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  const what = names.length === 1 ? 'The materialized view' : 'The materialized views';
  return `${what} ${shown}${more} stayed empty: a drill reads no foreign tables, and their rows are not in the archive.`;
}
