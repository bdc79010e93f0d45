import { relationName } from '../../layers/backup/comparison.ts';
import type { Drill } from '../../layers/backup/verdict.ts';
import type { Contents } from '../../layers/postgres/contents/read-restored.ts';
import type { ArchiveCheck, ArchiveTies } from '../../layers/postgres/programs/archive-ties.ts';
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
      ...(done < 2 ? [] : functionsRemark(ties)),
    ],
  };
}

/** A CHECK that holds while another table is empty may not hold in a restore of the whole. */
function functionsRemark({ items, checks }: ArchiveTies): string[] {
  const indexed = new Set(checks.flatMap((one) => (one.kind === 'index' && one.callsFunctions ? one.items : [])));
  const calling = items.filter(({ id, callsFunctions }) => callsFunctions || indexed.has(id));
  const names = calling.flatMap(({ table }) => (table ? [relationName(table)] : []));
  if (names.length === 0) return [];
  return [
    `Definitions or indexes of the tables ${some(names)} call functions of the database. Tables of other pieces were empty then: if a function reads them, a restore of the whole may be refused.`,
  ];
}

/** pg_dump tags a constraint `orders orders_customer_fkey`. */
function nameOf({ schema, name }: ArchiveCheck): string {
  return `${name} in schema ${schema}`;
}

function some(names: readonly string[]): string {
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  return `${names.slice(0, MOST_NAMES).join(', ')}${more}`;
}
