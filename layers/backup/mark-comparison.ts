import { compareContents, relationName } from './comparison.ts';
import type { TableCount } from './manifest.ts';

/** What a server that was recovered to a dump's position holds of one table. */
export interface TableAtMark {
  readonly rows: number;
  /** Of the rows: those that the dump's snapshot does not see. */
  readonly unseen: number;
  /** Of the rows: those of transactions no older than the oldest that ran when the snapshot was taken. */
  readonly recent: number;
  readonly fingerprint?: string | undefined;
}

export interface MarkComparison {
  /** Each a sentence: the dump and the recovered server contradict each other. */
  readonly differences: readonly string[];
  /** Tables with exactly the rows that the dump has, and their rows. */
  readonly tables: number;
  readonly rows: number;
  /** Tables that say nothing: transactions were changing them. */
  readonly changing: readonly string[];
}

/**
 * Compares a dump's manifest with a server that was recovered to the dump's position in the WAL. Pure.
 *
 * What the snapshot sees was committed in the WAL before that position; but a transaction may have been committed in the
 * WAL, and the snapshot not see it yet. Where there is no such transaction, the two states are the same, and a table that
 * differs is a contradiction. Where there is one, a table may differ by what it did: its inserts are recognised, and are
 * left out. What it deleted has left nothing to recognise, so a table that lacks rows says nothing. One that has more rows
 * than these transactions can have brought is still a contradiction, and so is one that is not there: the dump held a
 * lock on it.
 *
 * @param tables - of the manifest; an extension's own are left out, and so are unlogged ones, which no recovery brings back
 * @param found - by {@link relationName}
 * @param unlogged - by the same name
 * @param isExact - whether no transaction was committed by that position that the snapshot does not see
 */
export function compareAtMark(
  tables: readonly TableCount[],
  found: ReadonlyMap<string, TableAtMark>,
  unlogged: ReadonlySet<string>,
  isExact: boolean,
): MarkComparison {
  const compared = tables.filter((table) => table.extension === undefined && !unlogged.has(relationName(table)));
  const changing: string[] = [];
  const settled: TableCount[] = [];
  const rows = new Map<string, number>();
  const fingerprints = new Map<string, string>();
  for (const table of compared) {
    const name = relationName(table);
    const there = found.get(name);
    if (there !== undefined && !isExact && isChanging(table.rows, there)) {
      changing.push(name);
      continue;
    }
    settled.push(isExact ? table : { ...table, fingerprint: undefined });
    if (there === undefined) continue;
    rows.set(name, isExact || there.rows === table.rows ? there.rows : there.rows - there.unseen);
    if (there.fingerprint !== undefined) fingerprints.set(name, there.fingerprint);
  }
  const { differences } = compareContents(settled, { rows, fingerprints, together: new Map() });
  return {
    differences,
    tables: settled.length - differences.length,
    rows: settled.reduce((sum, table) => sum + table.rows, 0),
    changing,
  };
}

/** Whether transactions under way may be all that sets the two apart. */
function isChanging(wanted: number, { rows, unseen, recent }: TableAtMark): boolean {
  if (rows === wanted || rows - unseen === wanted) return false;
  // Rows that are neither recent nor deleted were there for the snapshot, too: it has seen no fewer.
  return rows - recent <= wanted;
}
