import type { Manifest, SequenceBounds, SequenceState, TableCount } from './manifest.ts';

/** By schema, then by kind (`tables`, `indexes`, `constraints`, …); what there is none of is left out. */
export type ObjectCounts = Record<string, Record<string, number>>;

/** What a restored database turned out to hold. */
export interface Restored {
  /** Of an extension's configuration table only those rows that a dump of it would hold. */
  readonly rows: ReadonlyMap<string, number>;
  /** Extensions' tables and sequences that the role may not read whole. */
  readonly unreadable: ReadonlySet<string>;
  /** Partitions that exchange rows in a restore, each with the table above them: compared as one. */
  readonly together: ReadonlyMap<string, string>;
  readonly sequences: ReadonlyMap<string, SequenceState>;
  readonly objects: ObjectCounts;
  readonly largeObjects: number;
  /** By table; undefined where the manifest has no fingerprints. */
  readonly fingerprints: ReadonlyMap<string, string> | undefined;
}

export interface Comparison {
  /** Each a sentence; empty if what came back is what was recorded. */
  readonly differences: readonly string[];
  /** What could not be compared, a sentence each. */
  readonly uncompared: readonly string[];
  /** What was compared, in numbers. */
  readonly compared: {
    readonly tables: number;
    readonly rows: number;
    readonly sequences: number;
    readonly objects: number;
    readonly largeObjects: number;
    readonly fingerprints: number;
  };
}

/** The name under which tables and sequences are listed: as SQL would quote it, whether it needs to or not. */
export function relationName({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `"${schema.replaceAll('"', '""')}"."${name.replaceAll('"', '""')}"`;
}

/**
 * Compares what a restore brought back with what the manifest recorded at the dump. Pure.
 */
export function compareRestored(manifest: Manifest, restored: Restored): Comparison {
  const tables = manifest.tables.filter(({ extension }) => extension === undefined);
  // A materialized view is filled once more when it is restored, and may call nextval.
  const mayMoveOn = Object.values(manifest.objects).some(({ materializedViews = 0 }) => materializedViews > 0);
  const hidden = manifest.sequences.map(relationName).filter((name) => restored.unreadable.has(name));
  const sequences = manifest.sequences.filter((one) => !hidden.includes(relationName(one)));
  const contents = compareContents(tables, restored);
  const ofExtensions = compareExtensionRows(manifest.tables, restored);
  const all = [...tables, ...ofExtensions.compared];
  const differences = [
    ...contents.differences,
    ...ofExtensions.differences,
    ...sequences.flatMap((bounds) => compareSequence(bounds, restored.sequences.get(relationName(bounds)), mayMoveOn)),
    ...compareObjects(manifest.objects, restored.objects),
    ...differ('The database', 'large objects', manifest.largeObjects, restored.largeObjects),
  ];
  return {
    differences,
    uncompared: [
      ...ofExtensions.uncompared,
      ...hidden.map((name) => `Sequence ${name} was not compared: the role may not read it.`),
    ],
    compared: {
      tables: all.length,
      rows: all.reduce((sum, { rows }) => sum + rows, 0),
      sequences: sequences.length,
      objects: Object.values(manifest.objects)
        .flatMap(Object.values)
        .reduce((sum: number, count: number) => sum + count, 0),
      largeObjects: manifest.largeObjects,
      fingerprints: contents.fingerprints,
    },
  };
}

/**
 * Compares what tables hold: a part of {@link compareRestored}. Pure. Rows and fingerprints both add up, so what exchanged
 * rows is compared by its sums.
 */
export function compareContents(
  tables: readonly TableCount[],
  { rows, fingerprints, together }: Pick<Restored, 'rows' | 'fingerprints' | 'together'>,
) {
  const units = new Map<string, TableCount[]>();
  for (const table of tables) {
    const unit = together.get(relationName(table)) ?? relationName(table);
    const members = units.get(unit) ?? [];
    units.set(unit, members);
    members.push(table);
  }
  const differences = Array.from(units, ([unit, members]) => {
    const names = members.map(relationName);
    const absent = names.filter((name) => !rows.has(name));
    if (absent.length > 0) return absent.map((name) => `Table ${name} did not come back.`);
    const subject = members.length > 1 ? `Table ${unit} with its partitions` : `Table ${unit}`;
    const wanted = members.reduce((sum, table) => sum + table.rows, 0);
    const found = names.reduce((sum, name) => sum + (rows.get(name) ?? 0), 0);
    const wantedPrint = sumOf(members.map(({ fingerprint }) => fingerprint));
    const isSame = wantedPrint === undefined || wantedPrint === sumOf(names.map((name) => fingerprints?.get(name)));
    const changed = fingerprints && !isSame ? [`${subject} came back with different contents.`] : [];
    return [...differ(subject, 'rows', wanted, found), ...changed];
  });
  const fingerprinted = fingerprints ? tables.filter(({ fingerprint }) => fingerprint !== undefined) : [];
  return { differences: differences.flat(), fingerprints: fingerprinted.length };
}

/**
 * Compares the rows of extensions' configuration tables: a part of {@link compareRestored}. Pure. Fewer rows are a loss. More
 * are none: CREATE EXTENSION may make rows that dumps hold too, and an extension's workers may write some.
 *
 * @see https://www.postgresql.org/docs/current/extend-extensions.html#EXTEND-EXTENSIONS-CONFIG-TABLES
 */
function compareExtensionRows(tables: readonly TableCount[], { rows, unreadable }: Restored) {
  const differences: string[] = [];
  const uncompared: string[] = [];
  const compared: TableCount[] = [];
  for (const table of tables) {
    if (table.extension === undefined) continue;
    const name = relationName(table);
    const subject = `Table ${name} of the extension ${table.extension}`;
    const found = rows.get(name);
    if (unreadable.has(name)) {
      uncompared.push(`${subject} was not compared: the role may not read all of it.`);
    } else if (found !== undefined && found > table.rows) {
      uncompared.push(
        `${subject} could not be compared: it has ${found} rows, of which the backup has ${table.rows}, and the extension makes rows of its own.`,
      );
    } else {
      differences.push(...differ(subject, 'rows', table.rows, found));
      compared.push(table);
    }
  }
  return { differences, uncompared, compared };
}

/** Undefined if one is missing. */
function sumOf(fingerprints: readonly (string | undefined)[]): string | undefined {
  const known = fingerprints.filter((one) => one !== undefined);
  if (known.length < fingerprints.length) return undefined;
  return known.length === 1 ? known[0] : String(known.reduce((sum, one) => sum + BigInt(one), 0n));
}

function differ(subject: string, what: string, wanted: number, found: number | undefined): string[] {
  if (wanted === found) return [];
  if (found === undefined) return [`${subject} did not come back.`];
  return [`${subject} came back with ${found} ${what}; the manifest says ${wanted}.`];
}

function compareObjects(wanted: ObjectCounts, found: ObjectCounts): string[] {
  const schemas = [...new Set([...Object.keys(wanted), ...Object.keys(found)])].sort();
  return schemas.flatMap((schema) => {
    const kinds = [...new Set([...Object.keys(wanted[schema] ?? {}), ...Object.keys(found[schema] ?? {})])].sort();
    return kinds.flatMap((kind) =>
      differ(`Schema "${schema}"`, kind, wanted[schema]?.[kind] ?? 0, found[schema]?.[kind] ?? 0),
    );
  });
}

/**
 * Sequences move while a dump runs, so the restored one lies between its states before and after. One that went the
 * other way was reset or cycled, or descends: it may have had any value meanwhile.
 *
 * @param mayMoveOn - whether the restore itself may have moved it on, which loses nothing
 */
function compareSequence(
  { before, after, ...name }: SequenceBounds,
  found: SequenceState | undefined,
  mayMoveOn: boolean,
): string[] {
  const subject = `Sequence ${relationName(name)}`;
  // Dropped while the dump ran: the archive may hold it or not, with whatever value it had last.
  if (after === null) return [];
  if (found === undefined) return [`${subject} did not come back.`];
  if (bySequence(after, before) < 0) return [];
  const tooFar = bySequence(found, after) > 0 && !mayMoveOn;
  if (bySequence(before, found) <= 0 && !tooFar) return [];
  return [`${subject} came back as ${found.lastValue}, not between ${before.lastValue} and ${after.lastValue}.`];
}

function bySequence(a: SequenceState, b: SequenceState): number {
  const [x, y] = [BigInt(a.lastValue), BigInt(b.lastValue)];
  if (x !== y) return x < y ? -1 : 1;
  return Number(a.isCalled) - Number(b.isCalled);
}
