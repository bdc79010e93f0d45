import * as z from 'zod';
import { isPattern, sortPatterns } from '../backup/database-patterns.ts';
import { jsonOf, type Shape } from './shapes.ts';

/** PostgreSQL's NAMEDATALEN - 1: it cuts longer names off, silently. */
const MAX_NAME_BYTES = 63;

/** The name of one database. */
export const databaseName: Shape<string> = z
  .string()
  .min(1, 'has an empty name')
  .refine((value) => Buffer.byteLength(value) <= MAX_NAME_BYTES, `has a name of more than ${MAX_NAME_BYTES} bytes`)
  .refine((value) => !value.includes('\0'), 'has a name with a NUL character')
  // A lone surrogate has no UTF-8: it would come back as another character.
  .refine((value) => Buffer.from(value).toString() === value, 'has a name that is not Unicode');

/** Names and patterns: a JSON array of both, or `*,!scratch_*`, where at least one is a pattern. */
export const databaseList: Shape<string[]> = z
  .string()
  .transform((text) => (isShort(text) ? JSON.stringify(entriesOf(text)) : text))
  .pipe(
    jsonOf(
      z
        .array(
          databaseName,
          'must be a JSON array of database names, such as ["shop", "crm"], or patterns, such as *,!scratch_*',
        )
        .min(1, 'must name at least one database')
        .refine((list) => new Set(list).size === list.length, 'names a database twice')
        .superRefine((list, context) => {
          const sorted = sortPatterns(list);
          if (sorted && 'wrong' in sorted) context.addIssue(sorted.wrong);
        }),
    ),
  );

/** Whether the value of `POSTGRES_DBS` has patterns, so that somebody must ask the server. */
export function hasPatterns(text: unknown): boolean {
  return databaseList.safeParse(text).data?.some(isPattern) ?? false;
}

/** Without quotes and brackets, in which names may hold anything. */
function isShort(text: string): boolean {
  return /^[\s\w.$*?!,-]+$/.test(text) && entriesOf(text).some(isPattern);
}

function entriesOf(text: string): string[] {
  return text.split(',').map((entry) => entry.trim());
}
