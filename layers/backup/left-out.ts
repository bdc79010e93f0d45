import * as z from 'zod';
import { SELECTOR_NAMES, type SelectorName } from './selection.ts';

const relation = z.object({ schema: z.string(), name: z.string() });

/** What a dump left out, by the patterns that it was given; counts, drill and comparison are of the rest. */
export const leftOutSchema = z.object({
  /** As they were configured. */
  patterns: z.array(
    z.object({
      variable: z.enum(SELECTOR_NAMES),
      pattern: z.string(),
      /** How many schemas, tables, views and sequences it matched. */
      matched: z.int().nonnegative(),
    }),
  ),
  /** Schemas of which nothing is in the archive. */
  schemas: z.array(z.string()),
  /** What is left out of the other schemas. */
  relations: z.array(
    relation.extend({ kind: z.enum(['table', 'view', 'materialized view', 'sequence', 'foreign table']) }),
  ),
  /** Tables that are there without their rows, sequences without their value. */
  rows: z.array(relation),
  /** Large objects: they stay out of a dump that names what is dumped. */
  largeObjects: z.int().nonnegative(),
  /** What is in the archive and cannot be restored without what was left out; the first hundred. */
  needs: z.array(z.object({ object: z.string(), of: z.string() })),
  /** Schemas that the archive puts something into without creating them. */
  schemasToCreate: z.array(z.string()),
  /** Whether it creates the schema `public`, which every new database has: there it must be dropped before. */
  createsPublic: z.boolean(),
});

export type LeftOut = z.infer<typeof leftOutSchema>;

const WORDS: Readonly<Record<SelectorName, string>> = {
  DUMP_INCLUDE_SCHEMA: 'only schema',
  DUMP_INCLUDE_TABLE: 'only table',
  DUMP_EXCLUDE_SCHEMA: 'without schema',
  DUMP_EXCLUDE_TABLE: 'without table',
  DUMP_EXCLUDE_TABLE_DATA: 'without rows of',
};

/**
 * What of a database is not in its backup, by the patterns that left it out: `without schema audit, provider, without rows
 * of logs.*`. Empty if nothing is left out: then the patterns matched nothing.
 */
export function leftOutWords(leftOut: Pick<LeftOut, 'patterns'> | undefined): string {
  const matching = leftOut?.patterns.filter(({ matched }) => matched > 0) ?? [];
  return Object.entries(WORDS)
    .flatMap(([variable, words]) => {
      const patterns = matching.filter((one) => one.variable === variable).map(({ pattern }) => pattern);
      return patterns.length === 0 ? [] : [`${words} ${patterns.join(', ')}`];
    })
    .join('; ');
}
