/** An archive's table of contents, as `pg_restore --list` prints it. */
export interface TocEntry {
  /** What `--use-list` names it by. */
  readonly id: string;
  /** `TABLE DATA`, `MATERIALIZED VIEW DATA`, `EXTENSION`, … */
  readonly type: string;
  /** Schema, name and owner, with a space between them and perhaps within them. */
  readonly name: string;
}

/** Those of the types that pgvouch asks for, in the order in which they are restored. */
export type TocType = (typeof TYPES)[number];

const TYPES = [
  ...(['TABLE DATA', 'MATERIALIZED VIEW DATA', 'EXTENSION', 'SCHEMA', 'FOREIGN DATA WRAPPER'] as const),
  ...(['EVENT TRIGGER', 'ACL', 'DEFAULT ACL', 'COMMENT', 'SECURITY LABEL'] as const),
] as const;
// Not `.`: it stops at U+2028 and its like, which names may hold.
const ENTRY = new RegExp(`^(\\d+); \\d+ \\d+ (?:(${TYPES.join('|')}) )?([^]*)$`);

/**
 * Reads a table of contents. Pure.
 *
 * @see src/bin/pg_dump/pg_backup_archiver.c, PrintTOCSummary: one entry a line, comments begin with a semicolon
 */
export function readToc(list: string): TocEntry[] {
  return list.split('\n').flatMap((line) => {
    const [, id, type = '', name = ''] = ENTRY.exec(line) ?? [];
    return id === undefined ? [] : [{ id, type, name }];
  });
}

/** What `--use-list` reads. */
export function listOf(entries: readonly { readonly id: string | number }[]): string {
  return entries.map(({ id }) => `${id};\n`).join('');
}

/** Entries by when they are restored. */
export interface Passes<E> {
  readonly main: readonly E[];
  readonly grants: readonly E[];
  /** What must find the grants: materialized views are filled as their owners, and event triggers fire at whatever comes. */
  readonly last: readonly E[];
}

/**
 * Sorts entries as pg_restore does, which runs each of the three groups in parallel. A GRANT by another role than the
 * owner needs what a GRANT before it gave: who restores the grants by themselves can restore them in order. Pure.
 *
 * @see src/bin/pg_dump/pg_backup_archiver.c, _tocEntryRestorePass
 */
export function passesOf<E extends Pick<TocEntry, 'type' | 'name'>>(entries: readonly E[]): Passes<E> {
  const passes = { main: [] as E[], grants: [] as E[], last: [] as E[] };
  for (const entry of entries) {
    const what = `${entry.type} ${entry.name}`;
    passes[GRANTS.test(what) ? 'grants' : LAST.test(what) ? 'last' : 'main'].push(entry);
  }
  return passes;
}

const GRANTS = /^(DEFAULT )?ACL /;
const LAST = /^((COMMENT|SECURITY LABEL) (- )?)?EVENT TRIGGER |^MATERIALIZED VIEW DATA /;

/**
 * The entries that bring what some relations hold: of a type, and called as one of them is. A line does not say where a
 * name ends, so that each is taken for the longest name that fits. Pure.
 *
 * @param type - of the entries
 * @param relations - all that such an entry may be about
 * @param wanted - which of those
 */
export function entriesOf<R extends { readonly schema: string; readonly name: string }>(
  entries: readonly TocEntry[],
  type: TocType,
  relations: readonly R[],
  wanted: (relation: R) => boolean,
): TocEntry[] {
  const longestFirst = relations
    .map((relation) => ({ relation, begins: `${relation.schema} ${relation.name} `.replace(/[\r\n]/g, ' ') }))
    .sort((a, b) => b.begins.length - a.begins.length);
  return entries.filter((entry) => {
    if (entry.type !== type) return false;
    const found = longestFirst.find(({ begins }) => entry.name.startsWith(begins));
    return found !== undefined && wanted(found.relation);
  });
}
