import type { EnvironmentReader } from './environment.ts';

/**
 * Reads which databases to back up: `POSTGRES_DB` (one name) or `POSTGRES_DBS` (a JSON array of names), exactly one of
 * the two.
 *
 * @returns at least one name, in the order given
 */
export function readDatabases(read: EnvironmentReader): readonly string[] {
  const [one, several] = [read.isSet('POSTGRES_DB'), read.isSet('POSTGRES_DBS')];
  if (one && several) read.problem('POSTGRES_DB and POSTGRES_DBS are both set: keep one');
  // Nothing where it cannot be read: that is a problem already.
  if (several) return Object.freeze([...(read.get('POSTGRES_DBS') ?? [])]);
  if (one) return Object.freeze([read.required('POSTGRES_DB')]);
  read.problem('POSTGRES_DB or POSTGRES_DBS must be set: one database name, or a JSON array of them');
  return [];
}
