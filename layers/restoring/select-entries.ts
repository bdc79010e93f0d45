import type { ArchiveEntry } from '../postgres/programs/archive-entries.ts';

export interface Selection {
  /** Ids, in the archive's order. */
  readonly ids: readonly number[];
  /** The tables, with those that they are partitions of. */
  readonly chosen: readonly ArchiveEntry[];
  /** What the tables had and does not come along, each a sentence. */
  readonly leftOut: readonly string[];
}

/** What is part of a table, and comes with it. */
const PARTS = new Set([
  ...['DEFAULT', 'CONSTRAINT', 'CHECK CONSTRAINT', 'FK CONSTRAINT', 'INDEX', 'INDEX ATTACH', 'TABLE ATTACH'],
  ...['TRIGGER', 'RULE', 'POLICY', 'ROW SECURITY', 'STATISTICS', 'SEQUENCE', 'SEQUENCE OWNED BY', 'STATISTICS DATA'],
]);
/** Contents of other entries, and what is said of them. */
const FOLLOWING = new Set(['TABLE DATA', 'SEQUENCE SET', 'COMMENT', 'ACL', 'SECURITY LABEL']);
/** Nothing of other tables is brought along, or an import of one table would become one of many. */
const OTHERS = new Set(['TABLE', 'VIEW', 'MATERIALIZED VIEW', 'FOREIGN TABLE', 'CONSTRAINT', 'INDEX']);

/**
 * Chooses of an archive what belongs to some of its tables. Pure.
 *
 * @param complete - also their indexes, constraints, defaults, triggers, policies and own sequences, and the partitioned
 *   tables that they are part of. What all these need comes along in any case: types, functions, schemas
 * @param there - whether the database has it already: what is only needed, and is there, is taken as it is
 */
export function selectEntries(
  entries: readonly ArchiveEntry[],
  tables: readonly { readonly schema: string; readonly name: string }[],
  { complete, there }: { readonly complete: boolean; readonly there: (entry: ArchiveEntry) => boolean },
): Selection {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const isChosen = ({ type, schema, name }: ArchiveEntry) =>
    type === 'TABLE' && tables.some((table) => table.schema === schema && table.name === name);
  const chosen = new Set(entries.filter(isChosen).map(({ id }) => id));
  const needed = new Set<number>();
  const has = (id: number) => chosen.has(id) || needed.has(id);
  const leftOut: string[] = [];
  if (complete) addParents(entries, chosen, byId);
  const isAttached = (entry: ArchiveEntry) =>
    entries.some(({ type, schema, name }) => type === 'TABLE ATTACH' && schema === entry.schema && name === entry.name);
  for (const table of entries.filter(({ id }) => chosen.has(id))) {
    // A partition is a table of its own, until it is attached.
    need(isAttached(table) ? table.needs.filter((id) => byId.get(id)?.type !== 'TABLE') : table.needs);
  }
  if (complete) addParts();
  for (const { id, type, needs } of entries) {
    const comes = type === 'SEQUENCE SET' ? has : (one: number) => chosen.has(one);
    if (FOLLOWING.has(type) && needs.length > 0 && needs.every(comes)) chosen.add(id);
  }
  return {
    ids: entries.map(({ id }) => id).filter(has),
    chosen: entries.filter(({ id, type }) => type === 'TABLE' && chosen.has(id)),
    leftOut,
  };

  /** Types, functions and whatever else must be there first. */
  function need(ids: readonly number[]): void {
    for (const id of ids) {
      const entry = byId.get(id);
      if (entry === undefined || has(id) || there(entry)) continue;
      needed.add(id);
      need(entry.needs);
    }
  }

  function addParts(): void {
    const parts = entries.filter(({ type, needs }) => PARTS.has(type) && needs.length > 0);
    // Parts have parts: a sequence its owner, an index the one that it is attached to.
    for (let before = -1; before !== chosen.size; ) {
      before = chosen.size;
      for (const part of parts) {
        if (chosen.has(part.id) || !part.needs.some((id) => chosen.has(id)) || lacking(part).length > 0) continue;
        chosen.add(part.id);
        need(part.needs);
      }
    }
    for (const part of parts) {
      const [other] = lacking(part);
      if (!chosen.has(part.id) && other && isOurs(part))
        leftOut.push(`${part.type} ${part.name}: needs ${nameOf(other)}`);
    }
  }

  /** `orders orders_customer_fkey`, and not that of another table which refers to orders. */
  function isOurs({ schema, name, needs }: ArchiveEntry): boolean {
    return needs.some((id) => {
      const table = chosen.has(id) ? byId.get(id) : undefined;
      return table?.type === 'TABLE' && table.schema === schema && name.startsWith(`${table.name} `);
    });
  }

  function lacking({ needs }: ArchiveEntry): ArchiveEntry[] {
    return needs.flatMap((id) => {
      const entry = byId.get(id);
      return entry && OTHERS.has(entry.type) && !has(id) ? [entry] : [];
    });
  }
}

/** A partition is attached to its table, so that comes along. */
function addParents(entries: readonly ArchiveEntry[], chosen: Set<number>, byId: ReadonlyMap<number, ArchiveEntry>) {
  const attachments = entries.filter(({ type }) => type === 'TABLE ATTACH');
  for (let before = -1; before !== chosen.size; ) {
    before = chosen.size;
    for (const { schema, name, needs } of attachments) {
      const isChild = (id: number) => byId.get(id)?.name === name && byId.get(id)?.schema === schema;
      if (needs.some((id) => isChild(id) && chosen.has(id))) {
        for (const id of needs) if (byId.get(id)?.type === 'TABLE') chosen.add(id);
      }
    }
  }
}

function nameOf({ type, schema, name }: ArchiveEntry): string {
  return `${type} ${schema === null ? '' : `${schema}.`}${name}`;
}
