import type pg from 'pg';
import { ConfigError, textOf } from '../../backup/errors.ts';
import { readPattern } from '../../backup/name-pattern.ts';
import { SELECTORS, type Selection, type Selector, type SelectorName } from '../../backup/selection.ts';

/** What one pattern matched. */
export interface Match extends Selector {
  readonly oids: readonly string[];
}

/** What patterns matched, as pg_dump would match them; undefined where everything is dumped. */
export type Selected = readonly Match[] | undefined;

/**
 * Matches patterns against what is there, as pg_dump does it: the system's schemas aside, which are never dumped.
 *
 * @param client - within a transaction whose search path is empty
 * @throws {@link ConfigError} if a pattern is no regular expression, cannot be given to pg_dump, or if nothing would be dumped
 * @see src/bin/pg_dump/pg_dump.c, expand_schema_name_patterns and expand_table_name_patterns
 */
export async function matchSelection(client: pg.Client, selection: Selection): Promise<Selected> {
  if (selection.length === 0) return undefined;
  await checkEncoding(client, selection);
  // Names without a schema are looked for where the role would find them, as pg_dump does.
  await client.query('SET LOCAL search_path TO DEFAULT');
  const matches: Match[] = [];
  for (const selector of selection) matches.push({ ...selector, oids: await match(client, selector) });
  await client.query(`SET LOCAL search_path = ''`);
  for (const variable of ['DUMP_INCLUDE_SCHEMA', 'DUMP_INCLUDE_TABLE'] as const) {
    const included = matches.filter((one) => one.variable === variable);
    if (included.length > 0 && included.every(({ oids }) => oids.length === 0))
      throw nothingMatches(variable, included);
  }
  return matches;
}

async function match(client: pg.Client, selector: Selector): Promise<string[]> {
  const pattern = readPattern(selector.pattern, SELECTORS[selector.variable].of);
  if ('wrong' in pattern) throw refuse(selector, `it ${pattern.wrong}`);
  const query = QUERIES[selector.variable];
  const values = query === SCHEMAS ? [pattern.name] : [pattern.name, pattern.schema ?? null];
  try {
    return (await client.query<{ oid: string }>(query, values)).rows.map(({ oid }) => oid);
  } catch (error) {
    // invalid_regular_expression
    if ((error as { code?: string }).code === '2201B') throw refuse(selector, textOf(error), error);
    throw error;
  }
}

const OURS = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;
const SCHEMAS = `
  SELECT n.oid::text AS oid FROM pg_catalog.pg_namespace n
   WHERE ${OURS} AND n.nspname OPERATOR(pg_catalog.~) $1::text COLLATE pg_catalog."default" ORDER BY n.nspname`;
const RELATIONS = (kinds: string) => `
  SELECT c.oid::text AS oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE ${OURS} AND c.relkind IN (${kinds}) AND c.relname OPERATOR(pg_catalog.~) $1::text COLLATE pg_catalog."default"
     AND CASE WHEN $2::text IS NULL THEN pg_catalog.pg_table_is_visible(c.oid)
              ELSE n.nspname OPERATOR(pg_catalog.~) $2::text COLLATE pg_catalog."default" END
   ORDER BY n.nspname, c.relname`;
const TABLES = RELATIONS(`'r', 'S', 'v', 'm', 'f', 'p'`);
const QUERIES: Readonly<Record<SelectorName, string>> = {
  DUMP_INCLUDE_SCHEMA: SCHEMAS,
  DUMP_EXCLUDE_SCHEMA: SCHEMAS,
  DUMP_INCLUDE_TABLE: TABLES,
  DUMP_EXCLUDE_TABLE: TABLES,
  // What has no data of its own, such as a partitioned table, has none to leave out.
  DUMP_EXCLUDE_TABLE_DATA: RELATIONS(`'r', 'S', 'm'`),
};

/** pg_dump reads its arguments in the encoding of the database; ours are in UTF-8. */
async function checkEncoding(client: pg.Client, selection: Selection): Promise<void> {
  const foreign = selection.find(({ pattern }) => /[^\0-\x7f]/.test(pattern));
  if (foreign === undefined) return;
  const { rows } = await client.query<{ encoding: string }>(
    'SELECT pg_encoding_to_char(encoding) AS encoding FROM pg_database WHERE datname = current_database()',
  );
  const encoding = rows[0]?.encoding ?? '';
  if (encoding === 'UTF8' || encoding === 'SQL_ASCII') return;
  throw refuse(
    foreign,
    `pg_dump cannot read other characters than ASCII in a database in ${encoding}: write ? for each`,
  );
}

function refuse({ variable, pattern }: Selector, problem: string, cause?: unknown): ConfigError {
  return new ConfigError({
    operation: 'read',
    subject: variable,
    problem: `the pattern ${JSON.stringify(pattern)} cannot be used: ${problem}`,
    hint: 'write patterns as for pg_dump: * stands for any characters, ? for one, double quotes keep the letters as they are',
    cause,
  });
}

function nothingMatches(variable: SelectorName, included: readonly Selector[]): ConfigError {
  const patterns = included.map(({ pattern }) => JSON.stringify(pattern)).join(', ');
  return new ConfigError({
    operation: 'dump',
    subject: variable,
    problem: `${patterns} matches no ${variable === 'DUMP_INCLUDE_TABLE' ? 'table' : 'schema'}: nothing would be dumped`,
    hint: 'a name without a schema is looked for on the search path of the role: write schema.table; names with capital letters need double quotes',
  });
}
