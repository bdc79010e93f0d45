import type { LaidEntry } from './archive-layout.ts';

/** Data of an archive that can be restored by themselves: a table's rows, or large objects. */
export interface ArchiveItem {
  /** Of its entry of data. */
  readonly id: number;
  /** The table; undefined for large objects. */
  readonly table: { readonly schema: string; readonly name: string } | undefined;
  /** Whether functions of the database may run while it is restored, such as in a CHECK: what they read is not known. */
  readonly callsFunctions: boolean;
}

/** What a restore makes of data that are there, and checks them by it. */
export interface ArchiveCheck {
  readonly id: number;
  readonly kind: 'index' | 'foreign key' | 'materialized view';
  readonly schema: string;
  /** As pg_dump tags it: `orders orders_fkey`. */
  readonly name: string;
  /** Ids of the data that it reads. */
  readonly items: readonly number[];
  readonly callsFunctions: boolean;
}

export interface ArchiveTies {
  readonly items: readonly ArchiveItem[];
  readonly checks: readonly ArchiveCheck[];
  /** Ids of the entries that make large objects, which then are empty. */
  readonly largeObjects: readonly number[];
}

const KINDS: Readonly<Record<string, ArchiveCheck['kind']>> = {
  INDEX: 'index',
  CONSTRAINT: 'index',
  'CHECK CONSTRAINT': 'index',
  'INDEX ATTACH': 'index',
  'FK CONSTRAINT': 'foreign key',
  'MATERIALIZED VIEW DATA': 'materialized view',
};

/**
 * Finds out what each index, constraint and materialized view of an archive reads. Pure.
 *
 * A table is read with its partitions and the tables that inherit from it. What functions read is known only of those
 * with a body in SQL's own form (`BEGIN ATOMIC`), as PostgreSQL itself knows it.
 */
export function readTies(entries: readonly LaidEntry[]): ArchiveTies {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const children = childrenOf(entries, byId);
  const dataOf = new Map<number, number>();
  for (const entry of entries) {
    if (entry.type !== 'TABLE DATA') continue;
    for (const need of entry.needs) if (isTable(byId.get(need))) dataOf.set(need, entry.id);
  }
  const belowOf = (table: number, seen = new Set<number>()): Set<number> => {
    if (seen.has(table)) return seen;
    seen.add(table);
    for (const child of children.get(table) ?? []) belowOf(child, seen);
    return seen;
  };
  const items = entries.flatMap((entry): ArchiveItem[] => {
    if (entry.type === 'BLOBS') return [{ id: entry.id, table: undefined, callsFunctions: false }];
    if (entry.type !== 'TABLE DATA') return [];
    const of = entry.needs.filter((need) => isTable(byId.get(need)));
    const callsFunctions = of.some((table) => reach(byId, byId.get(table)?.needs ?? []).functions);
    return [{ id: entry.id, table: { schema: entry.schema ?? '', name: entry.name }, callsFunctions }];
  });
  const checks = entries.flatMap((entry): ArchiveCheck[] => {
    const kind = KINDS[entry.type];
    if (kind === undefined) return [];
    const { tables, views, functions } = reach(byId, entry.needs);
    // An index is of one table alone, not of the partitioned one above it, nor of what is below it.
    const own = kind === 'index' && !views ? withoutAncestors(tables, belowOf) : withBelow(tables, belowOf);
    const read = own.flatMap((table) => dataOf.get(table) ?? []);
    const { id, schema, name } = entry;
    return [{ id, kind, schema: schema ?? '', name, items: read, callsFunctions: functions }];
  });
  const largeObjects = entries.flatMap(({ id, type }) => (type === 'BLOB METADATA' ? [id] : []));
  return { items, checks, largeObjects };
}

function withBelow(tables: ReadonlySet<number>, belowOf: (table: number) => ReadonlySet<number>): number[] {
  return [...new Set([...tables].flatMap((table) => [...belowOf(table)]))];
}

function withoutAncestors(tables: ReadonlySet<number>, belowOf: (table: number) => ReadonlySet<number>): number[] {
  const all = [...tables];
  return all.filter((table) => !all.some((other) => other !== table && belowOf(table).has(other)));
}

/** Partitions, and tables that inherit; by the table above them. */
function childrenOf(entries: readonly LaidEntry[], byId: ReadonlyMap<number, LaidEntry>): Map<number, number[]> {
  const children = new Map<number, number[]>();
  const add = (parent: number, child: number) => {
    const known = children.get(parent) ?? [];
    children.set(parent, known);
    known.push(child);
  };
  for (const entry of entries) {
    const tables = entry.needs.filter((need) => isTable(byId.get(need)));
    if (entry.type === 'TABLE') for (const parent of tables) add(parent, entry.id);
    if (entry.type !== 'TABLE ATTACH') continue;
    const isChild = (id: number) => byId.get(id)?.name === entry.name && byId.get(id)?.schema === entry.schema;
    for (const child of tables.filter(isChild)) for (const parent of tables) if (parent !== child) add(parent, child);
  }
  return children;
}

/** The tables that entries lead to, and whether they lead to materialized views and functions. A table leads no further. */
function reach(byId: ReadonlyMap<number, LaidEntry>, from: readonly number[]) {
  const tables = new Set<number>();
  const seen = new Set<number>();
  const ahead = [...from];
  let functions = false;
  let views = false;
  for (let id = ahead.pop(); id !== undefined; id = ahead.pop()) {
    const entry = byId.get(id);
    if (entry === undefined || seen.has(id)) continue;
    seen.add(id);
    if (isTable(entry)) {
      tables.add(id);
      continue;
    }
    if (FUNCTIONS.has(entry.type)) functions = true;
    if (entry.type === 'MATERIALIZED VIEW') views = true;
    ahead.push(...entry.needs);
  }
  return { tables, views, functions };
}

const FUNCTIONS = new Set(['FUNCTION', 'PROCEDURE', 'AGGREGATE']);

function isTable(entry: LaidEntry | undefined): boolean {
  return entry?.type === 'TABLE' || entry?.type === 'FOREIGN TABLE';
}
