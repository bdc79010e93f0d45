import type pg from 'pg';

/** A CHECK that depends on when it is checked: rows that were valid once are refused by a later restore. */
export interface TimeCheck {
  /** The table or domain. */
  readonly schema: string;
  readonly name: string;
  readonly constraint: string;
}

/**
 * The valid CHECK constraints that ask for the time: `current_date`, `now()`, `age(x)`. Not those of which only the body of a
 * function asks for it. One that is NOT VALID refuses nothing in a restore.
 *
 * @see src/include/nodes/primnodes.h, SQLValueFunctionOp: 0 to 8 are those of date and time
 */
export async function listTimeChecks(client: pg.Client): Promise<TimeCheck[]> {
  const { rows } = await client.query<TimeCheck>(`
    SELECT n.nspname AS schema, coalesce(c.relname, t.typname) AS name, o.conname AS constraint
      FROM pg_catalog.pg_constraint o
      JOIN pg_catalog.pg_namespace n ON n.oid = o.connamespace
      LEFT JOIN pg_catalog.pg_class c ON c.oid = o.conrelid
      LEFT JOIN pg_catalog.pg_type t ON t.oid = o.contypid
     WHERE o.contype = 'c' AND o.convalidated AND o.conislocal
       AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND (o.conbin::text ~ '{SQLVALUEFUNCTION :op [0-8] ' OR EXISTS (
             SELECT FROM pg_catalog.regexp_matches(o.conbin::text, ':funcid (\\d+)', 'g') AS found
               JOIN pg_catalog.pg_proc p ON p.oid = found[1]::pg_catalog.oid
              WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
                AND (p.proname IN ('now', 'statement_timestamp', 'transaction_timestamp', 'clock_timestamp', 'timeofday')
                     OR p.proname = 'age' AND p.pronargs = 1 AND p.provolatile <> 'i')))
     ORDER BY 1, 2, 3`);
  return rows;
}
