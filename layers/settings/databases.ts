import { type DatabasePatterns, isChosen, sortPatterns } from '../backup/database-patterns.ts';
import type { EnvironmentReader } from './environment.ts';

/** Which databases are backed up. */
export interface Databases {
  /** In the order given. At least one, unless there are patterns. */
  readonly names: readonly string[];
  /** What else is found on the server; undefined if names are all. */
  readonly patterns: DatabasePatterns | undefined;
}

/**
 * Reads which databases to back up: `POSTGRES_DB` (one name) or `POSTGRES_DBS` (names, patterns or both), exactly one of
 * the two.
 */
export function readDatabases(read: EnvironmentReader): Databases {
  const [one, several] = [read.isSet('POSTGRES_DB'), read.isSet('POSTGRES_DBS')];
  if (one && several) read.problem('POSTGRES_DB and POSTGRES_DBS are both set: keep one');
  if (several) {
    // Nothing where it cannot be read: that is a problem already.
    const list = read.get('POSTGRES_DBS') ?? [];
    const sorted = sortPatterns(list);
    const patterns = sorted && 'include' in sorted ? Object.freeze(sorted) : undefined;
    return Object.freeze({ names: Object.freeze([...(patterns?.names ?? list)]), patterns });
  }
  if (one) return Object.freeze({ names: Object.freeze([read.required('POSTGRES_DB')]), patterns: undefined });
  read.problem('POSTGRES_DB or POSTGRES_DBS must be set: one database name, or a JSON array of them');
  return { names: [], patterns: undefined };
}

/** Whether a database may be backed up, be it named or found. */
export function isToBackUp({ names, patterns }: Databases, database: string): boolean {
  return patterns ? isChosen(patterns, database) : names.includes(database);
}
