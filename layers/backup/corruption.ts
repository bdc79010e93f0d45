import type { Manifest } from './manifest.ts';

/** What a pass over a backup's bytes found. */
export interface BackupReading {
  /** Undefined if the archive is not there. */
  readonly archive:
    | {
        readonly sizeBytes: number;
        readonly sha256: string;
        /** `schema name owner` of each TABLE DATA entry. */
        readonly tableData: readonly string[];
        readonly failure: string | undefined;
        /** There if not pg_restore failed, but what opens a sealed archive. */
        readonly brokenSeal?: true | undefined;
      }
    | undefined;
  /** Undefined if the globals are not there. */
  readonly globals: (Bytes & { readonly failure?: string | undefined }) | undefined;
}

/**
 * Decides whether a backup's bytes are what its manifest promises. Pure.
 *
 * @returns every reason to call it corrupt, each a sentence; none if all of it was read, decoded and agrees
 */
export function findCorruption(manifest: Manifest, { archive, globals }: BackupReading): string[] {
  const reasons: string[] = [];
  reasons.push(...compareBytes('archive', manifest.archive, archive));
  if (archive?.failure !== undefined) {
    const what = archive.brokenSeal ? 'The archive cannot be opened' : 'pg_restore could not read the archive';
    reasons.push(`${what}: ${archive.failure}.`);
  } else if (archive) reasons.push(...compareTables(manifest, archive.tableData));
  reasons.push(...compareBytes('globals', manifest.globals, globals));
  if (globals?.failure !== undefined) reasons.push(`The globals cannot be opened: ${globals.failure}.`);
  return reasons;
}

type Bytes = { readonly sizeBytes: number; readonly sha256: string };

/** Whether an object's bytes are those that were stored. @param found - undefined if it is not there */
export function compareBytes(what: 'archive' | 'globals', wanted: Bytes, found: Bytes | undefined): string[] {
  if (found === undefined) return [`The ${what} ${what === 'archive' ? 'is' : 'are'} missing.`];
  if (wanted.sizeBytes !== found.sizeBytes) {
    return [`The size of the ${what} is ${found.sizeBytes} bytes; the manifest says ${wanted.sizeBytes}.`];
  }
  if (wanted.sha256 === found.sha256) return [];
  return [`The SHA-256 of the ${what} is ${found.sha256}; the manifest says ${wanted.sha256}.`];
}

/**
 * pg_restore's list separates schema, name and owner by spaces, which names may hold too. So each table must be the
 * beginning of a line and each line begin with a table; with equal numbers nothing can be missing or too many.
 */
function compareTables({ tables, source }: Manifest, listed: readonly string[]): string[] {
  // The list is in the database's encoding, read as UTF-8. All of PostgreSQL's leave ASCII alone, so elsewhere what is
  // not ASCII counts as the same.
  const isUtf8 = source.encoding === 'UTF8';
  const comparable = (text: string) => (isUtf8 ? text : text.replace(/[^\0-\x7f]+/g, '?'));
  const lines = listed.map(comparable);
  const wanted = tables.map(({ schema, name }) => comparable(`${oneLine(schema)} ${oneLine(name)} `));
  const sorted = [...lines].sort();
  const missing = wanted.filter((start) => !sorted[lowerBound(sorted, start)]?.startsWith(start));
  const known = new Set(wanted);
  const unknown = lines.filter((line) => !spacesOf(line).some((end) => known.has(line.slice(0, end + 1))));
  const reasons: string[] = [];
  if (missing.length > 0) reasons.push(`The archive lacks the data of ${some(missing)}.`);
  if (unknown.length > 0) reasons.push(`The archive has data that the manifest does not list: ${some(unknown)}.`);
  if (reasons.length === 0 && lines.length !== wanted.length) {
    reasons.push(`The archive has the data of ${lines.length} tables; the manifest says ${wanted.length}.`);
  }
  return reasons;
}

/** @see src/bin/pg_dump/dumputils.c, sanitize_line: names are printed on one line. */
function oneLine(name: string): string {
  return name.replace(/[\r\n]/g, ' ');
}

function lowerBound(sorted: readonly string[], wanted: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

function spacesOf(line: string): number[] {
  return Array.from(line.matchAll(/ /g), (match) => match.index);
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => name.trim());
  return shown.join(', ') + (names.length > shown.length ? ` and ${names.length - shown.length} more` : '');
}
