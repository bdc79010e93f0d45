import type pg from 'pg';
import { relationName } from '../../backup/comparison.ts';
import type { OtherVersion } from '../../backup/text-order.ts';

/** What a complaint says that may be true by another order of text only. */
export type OrderComplaint =
  | { readonly kind: 'equality'; readonly columns: readonly string[] }
  | { readonly kind: 'partition'; readonly relation: string }
  | { readonly kind: 'bounds' }
  | { readonly kind: 'check'; readonly constraint: string }
  | { readonly kind: 'range' };

/**
 * Whether a restore may have failed only because text comes in another order than it did, and by what. Pure.
 *
 * Rows lie in partitions by range, and satisfy a CHECK such as `first < last`, by the order of the server that they were
 * written on. Which texts are equal depends on it in collations that are not deterministic.
 *
 * @param problem - what pg_restore said
 */
export function orderComplaint(problem: string): OrderComplaint | undefined {
  const relation = nameIn(IN_PARTITION, problem);
  if (relation !== undefined) return { kind: 'partition', relation };
  if (BOUNDS.test(problem)) return { kind: 'bounds' };
  if (RANGE.test(problem)) return { kind: 'range' };
  const constraint = nameIn(BROKEN_CHECK, problem);
  if (constraint !== undefined) return { kind: 'check', constraint };
  const key = EQUALITY.test(problem) ? nameIn(KEY, problem) : undefined;
  if (key === undefined) return undefined;
  const names = key.matchAll(/"((?:[^"]|"")+)"|([\p{L}_][\p{L}\d_$]*)/gu);
  return {
    kind: 'equality',
    columns: Array.from(names, ([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain),
  };
}

/**
 * Whether what was complained of depends on the order of text by one of these collations.
 *
 * @param client - in the drill's database, as far as it was restored
 * @param others - the collations that sort by another version there
 */
export async function dependsOnOrder(
  client: pg.Client,
  complaint: OrderComplaint,
  others: readonly OtherVersion[],
): Promise<boolean> {
  const known = await client.query<{ oid: string; schema: string; name: string; deterministic: boolean }>(`
    SELECT c.oid::text, nspname AS schema, collname AS name, collisdeterministic AS deterministic
      FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace n ON n.oid = collnamespace`);
  const names = new Set(others.map(({ collation }) => collation));
  const other = known.rows.filter((row) => names.has(relationName(row)) || (names.has(null) && row.oid === DEFAULT));
  const all = other.map(({ oid }) => oid);
  const loose = other.flatMap(({ oid, deterministic }) => (deterministic ? [] : [oid]));
  const yes = async (condition: string, ...values: unknown[]) =>
    (await client.query<{ yes: boolean }>(`SELECT ${condition} AS yes`, values)).rows[0]?.yes ?? false;
  switch (complaint.kind) {
    case 'equality':
      return yes(KEY_COLUMN, loose, complaint.columns);
    case 'partition':
      return yes(PARTITION_KEY, all, loose, complaint.relation);
    case 'bounds':
      return yes(RANGE_PARTITIONED, all);
    case 'range':
      return yes('EXISTS (SELECT FROM pg_catalog.pg_range WHERE rngcollation = ANY ($1::oid[]))', all);
    case 'check':
      return yes(CHECKED, all, loose, complaint.constraint);
  }
}

/** @see src/include/catalog/pg_collation.dat */
const DEFAULT = '100';

const KEY_COLUMN = `EXISTS (
  SELECT FROM pg_catalog.pg_attribute WHERE attcollation = ANY ($1::oid[]) AND attname = ANY ($2::text[]))`;

const RANGE_PARTITIONED = `EXISTS (
  SELECT FROM pg_catalog.pg_partitioned_table WHERE partstrat = 'r' AND partcollation::oid[] && $1::oid[])`;

const PARTITION_KEY = `EXISTS (
  WITH RECURSIVE above AS (
    SELECT oid FROM pg_catalog.pg_class WHERE relname = $3
    UNION SELECT inhparent FROM pg_catalog.pg_inherits JOIN above ON inhrelid = above.oid
  )
  SELECT FROM above JOIN pg_catalog.pg_partitioned_table ON partrelid = above.oid
   WHERE partcollation::oid[] && $2::oid[] OR partstrat = 'r' AND partcollation::oid[] && $1::oid[])`;

/** What an expression compares by which collation is in its tree alone: nobody notes that it depends on the default one. */
const CHECKED = `EXISTS (
  SELECT FROM pg_catalog.pg_constraint,
         pg_catalog.regexp_matches(conbin::text, '[{](?:OPEXPR|SCALARARRAYOPEXPR) :opno (\\d+)[^{(]*:inputcollid (\\d+)', 'g') AS used
    JOIN pg_catalog.pg_operator o ON o.oid = used[1]::oid
   WHERE contype = 'c' AND conname = $3
     AND (used[2]::oid = ANY ($2::oid[]) OR used[2]::oid = ANY ($1::oid[]) AND oprname NOT IN ('=', '<>')))
  OR EXISTS (
  SELECT FROM pg_catalog.pg_constraint,
         pg_catalog.regexp_matches(conbin::text, '[{]FUNCEXPR :funcid (\\d+)[^{(]*:inputcollid (\\d+)', 'g') AS used
    JOIN pg_catalog.pg_proc p ON p.oid = used[1]::oid
   WHERE contype = 'c' AND conname = $3 AND used[2]::oid = ANY ($1::oid[])
     AND proname IN ('lower', 'upper', 'initcap', 'casefold'))`;

function nameIn(pattern: RegExp, text: string): string | undefined {
  return pattern
    .exec(text)
    ?.slice(1)
    .find((name) => name !== undefined);
}

/** Servers do not double the quotes that a name holds. */
const NAME = '"([^\\n]*?)"';
const said = (...words: readonly string[]) => new RegExp(`ERROR: +(?:${words.join('|')})`, 'm');
const IN_PARTITION = said(
  `new row for relation ${NAME} violates partition constraint`,
  `partition constraint of relation ${NAME} is violated`,
  `no partition of relation ${NAME} found`,
);
const BOUNDS = said('empty range bound specified for partition', 'partition "[^\\n]*?" would overlap partition');
const RANGE = said('range lower bound must be less than or equal to range upper bound');
const BROKEN_CHECK = said(
  `(?:new row for|value for) [^\\n]*? violates check constraint ${NAME}$`,
  `check constraint ${NAME} of relation`,
);
const EQUALITY = said(
  'could not create (?:unique index|exclusion constraint)',
  '(?:duplicate|conflicting) key value violates',
  '[^\\n]*? violates foreign key constraint',
);
const KEY = /^DETAIL: +Key \((.*?)\)=\(/m;
