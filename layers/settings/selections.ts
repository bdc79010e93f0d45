import { SELECTOR_NAMES, type Selection } from '../backup/selection.ts';
import type { EnvironmentReader } from './environment.ts';
import type { Patterns } from './selection-variables.ts';

/**
 * Reads what is left out of each database's dump: `DUMP_EXCLUDE_SCHEMA`, `DUMP_EXCLUDE_TABLE`,
 * `DUMP_EXCLUDE_TABLE_DATA`, `DUMP_INCLUDE_SCHEMA` and `DUMP_INCLUDE_TABLE`.
 *
 * @param databases - those that are named, or the one whose own environment it is
 * @param isKnown - whether a database may be named; of one's own environment nobody asks
 * @returns of a database what is left out
 */
export function readSelections(
  read: EnvironmentReader,
  databases: readonly string[],
  isKnown?: (database: string) => boolean,
): (database: string) => Selection {
  const given = SELECTOR_NAMES.map((variable) => ({ variable, patterns: read.get(variable) }));
  for (const { variable, patterns } of given) {
    const strangers = namesIn(patterns).filter((name) => isKnown?.(name) === false);
    if (strangers.length > 0) {
      read.problem(
        `${variable} names ${strangers.map((name) => JSON.stringify(name)).join(', ')}, not to be backed up`,
      );
    }
  }
  const selectionOf = (database: string) =>
    given.flatMap(({ variable, patterns }) =>
      patternsFor(patterns, database).map((pattern) => ({ variable, pattern })),
    );
  const named = given.flatMap(({ patterns }) => namesIn(patterns)).filter((name) => isKnown?.(name));
  for (const database of new Set([...databases, ...named])) {
    const problem = problemOf(selectionOf(database));
    if (problem) read.problem(`${problem} (database ${JSON.stringify(database)})`);
  }
  return selectionOf;
}

function namesIn(patterns: Patterns | undefined): string[] {
  return patterns === undefined || isList(patterns) ? [] : Object.keys(patterns);
}

function patternsFor(patterns: Patterns | undefined, database: string): readonly string[] {
  if (patterns === undefined) return [];
  if (isList(patterns)) return patterns;
  return Object.hasOwn(patterns, database) ? (patterns[database] ?? []) : [];
}

function isList(patterns: Patterns): patterns is readonly string[] {
  return Array.isArray(patterns);
}

/** pg_dump takes both and silently passes the schemas over: "they have no effect when -t is used". */
function problemOf(selection: Selection): string | undefined {
  const names = new Set(selection.map(({ variable }) => variable));
  if (!names.has('DUMP_INCLUDE_TABLE')) return undefined;
  const others = (['DUMP_INCLUDE_SCHEMA', 'DUMP_EXCLUDE_SCHEMA'] as const).filter((name) => names.has(name));
  if (others.length === 0) return undefined;
  return `DUMP_INCLUDE_TABLE cannot be combined with ${others.join(' and ')}: use DUMP_EXCLUDE_TABLE`;
}
