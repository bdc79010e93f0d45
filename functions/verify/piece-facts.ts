import { relationName } from '../../layers/backup/comparison.ts';
import type { Drill } from '../../layers/backup/verdict.ts';
import type { Contents } from '../../layers/postgres/contents/read-restored.ts';
import type { ArchiveCheck } from '../../layers/postgres/programs/archive-ties.ts';
import type { PieceWork } from './piece-work.ts';

/** What was read of the tables, piece by piece. */
export function contentsOf({ progress }: PieceWork, withFingerprints: boolean): Omit<Contents, 'together'> {
  const { tables } = progress();
  const fingerprints = new Map(tables.flatMap(([name, , print]) => (print === null ? [] : [[name, print] as const])));
  return {
    rows: new Map(tables.map(([name, rows]) => [name, rows])),
    fingerprints: withFingerprints ? fingerprints : undefined,
  };
}

const MOST_NAMES = 10;

/** What a verdict says of a drill in pieces, and what pieces could not show, a sentence each. */
export function piecesFacts({ progress, ties }: PieceWork): {
  readonly facts: NonNullable<Drill['pieces']>;
  readonly remarks: readonly string[];
} {
  const { done, runs, checked } = progress();
  const isOpen = ({ id, items, callsFunctions }: ArchiveCheck) =>
    (items.length > 0 || callsFunctions) && !checked.includes(id);
  const keys = ties.checks.filter((check) => check.kind === 'foreign key' && isOpen(check)).map(nameOf);
  const views = ties.checks.filter((check) => check.kind === 'materialized view' && isOpen(check)).map(relationName);
  return {
    facts: { count: Math.max(1, done), runs, unchecked: keys },
    remarks: [
      ...(keys.length === 0
        ? []
        : [`Not checked, as their tables were never restored together: the foreign keys ${some(keys)}.`]),
      ...(views.length === 0
        ? []
        : [
            `Not filled, as they read tables of several pieces or call functions: the materialized views ${some(views)}. Their rows are not in the archive.`,
          ]),
    ],
  };
}

/** pg_dump tags a constraint `orders orders_customer_fkey`. */
function nameOf({ schema, name }: ArchiveCheck): string {
  return `${name} in schema ${schema}`;
}

function some(names: readonly string[]): string {
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  return `${names.slice(0, MOST_NAMES).join(', ')}${more}`;
}
