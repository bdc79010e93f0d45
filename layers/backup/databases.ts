import * as z from 'zod';
import type { EnvironmentReader } from './environment.ts';

/** PostgreSQL's NAMEDATALEN - 1: it cuts longer names off, silently. */
const MAX_NAME_BYTES = 63;

/**
 * Reads which databases to back up: `POSTGRES_DB` (one name) or `POSTGRES_DBS` (a JSON array of names), exactly one of
 * the two.
 *
 * @returns at least one name, in the order given
 */
export function readDatabases(read: EnvironmentReader): readonly string[] {
  const one = read.get('POSTGRES_DB', z.string().optional());
  const several = read.get('POSTGRES_DBS', z.string().optional());
  if (one !== undefined && several !== undefined) read.problem('POSTGRES_DB and POSTGRES_DBS are both set: keep one');
  if (several !== undefined) return Object.freeze(read.get('POSTGRES_DBS', names));
  if (one !== undefined) return Object.freeze([read.get('POSTGRES_DB', name)]);
  read.problem('POSTGRES_DB or POSTGRES_DBS must be set: one database name, or a JSON array of them');
  return [];
}

const name = z
  .string()
  .min(1, 'has an empty name')
  .refine((value) => Buffer.byteLength(value) <= MAX_NAME_BYTES, `has a name of more than ${MAX_NAME_BYTES} bytes`)
  .refine((value) => !value.includes('\0'), 'has a name with a NUL character')
  // A lone surrogate has no UTF-8: it would come back as another character.
  .refine((value) => Buffer.from(value).toString() === value, 'has a name that is not Unicode');

const names: z.ZodType<string[], string | undefined> = z
  .string()
  .transform(parseJson)
  .pipe(
    z
      .array(name, 'must be a JSON array of database names, such as ["shop", "crm"]')
      .min(1, 'must name at least one database')
      .refine((list) => new Set(list).size === list.length, 'names a database twice'),
  );

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
